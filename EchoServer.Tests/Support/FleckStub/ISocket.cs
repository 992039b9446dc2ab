#nullable disable
#pragma warning disable IDE0130 // The package's namespace, not the folder's.
using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Fleck;

/// <summary>Fleck 1.2.0's socket, declared as the package declares it.</summary>
public interface ISocket
{
    bool Connected { get; }
    string RemoteIpAddress { get; }
    int RemotePort { get; }
    Stream Stream { get; }
    bool NoDelay { get; set; }
    EndPoint LocalEndPoint { get; }

    Task<ISocket> Accept(Action<ISocket> callback, Action<Exception> error);
    Task Send(byte[] buffer, Action callback, Action<Exception> error);
    Task<int> Receive(byte[] buffer, Action<int> callback, Action<Exception> error, int offset = 0);
    Task Authenticate(X509Certificate2 certificate, SslProtocols enabledSslProtocols, Action callback, Action<Exception> error);
    void Dispose();
    void Close();
    void Bind(EndPoint ipLocal);
    void Listen(int backlog);
}
