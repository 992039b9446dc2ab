#nullable disable
#pragma warning disable IDE0130 // The package's namespace, not the folder's.
namespace Fleck;

/// <summary>Fleck 1.2.0's connection, declared as the package declares it.</summary>
public interface IWebSocketConnection
{
    Action OnOpen { get; set; }
    Action OnClose { get; set; }
    Action<string> OnMessage { get; set; }
    Action<byte[]> OnBinary { get; set; }
    Action<byte[]> OnPing { get; set; }
    Action<byte[]> OnPong { get; set; }
    Action<Exception> OnError { get; set; }
    bool IsAvailable { get; }
    IWebSocketConnectionInfo ConnectionInfo { get; }

    Task Send(string message);
    Task Send(byte[] message);
    Task SendPing(byte[] message);
    Task SendPong(byte[] message);
    void Close();
    void Close(int code);
}

/// <summary>What Fleck knows of a client, declared as the package declares it.</summary>
public interface IWebSocketConnectionInfo
{
    string Path { get; }
    string Host { get; }
    string Origin { get; }
    string SubProtocol { get; }
    string NegotiatedSubProtocol { get; }
    string ClientIpAddress { get; }
    int ClientPort { get; }
    IDictionary<string, string> Headers { get; }
    IDictionary<string, string> Cookies { get; }
    Guid Id { get; }
}
