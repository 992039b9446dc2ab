#nullable disable
#pragma warning disable IDE0130 // The package's namespace, not the folder's.
namespace Fleck;

/// <summary>Fleck 1.2.0's connection, as much of it as the adapter uses.</summary>
public interface IWebSocketConnection
{
    Action OnOpen { get; set; }
    Action<string> OnMessage { get; set; }
    Action<byte[]> OnBinary { get; set; }
    Action<byte[]> OnPing { get; set; }
    bool IsAvailable { get; }

    Task Send(string message);
    Task Send(byte[] message);
    Task SendPong(byte[] message);
    void Close(int code);
}
