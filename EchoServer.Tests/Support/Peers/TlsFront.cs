using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace EchoServer.Tests.Support.Peers;

/// <summary>Ends TLS before a server on this machine and says who came: for certificates of clients, which no router in the tests asks for.</summary>
internal sealed class TlsFront : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly X509Certificate2 _certificate;
    private readonly int _target;
    private readonly bool _isClientRequired;

    /// <param name="target">The port of the server behind it.</param>
    /// <param name="certificate">The certificate of the server.</param>
    /// <param name="isClientRequired">Whether a client without a certificate is refused.</param>
    public TlsFront(int target, TestCertificate certificate, bool isClientRequired = false)
    {
        _target = target;
        _isClientRequired = isClientRequired;
        _certificate = X509Certificate2.CreateFromPemFile(certificate.CertificateFile, certificate.KeyFile);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _ = AcceptAsync();
    }

    public Uri Url => new($"wss://localhost:{((IPEndPoint)_listener.LocalEndPoint!).Port}/raw");

    /// <summary>The subject of the last certificate that a client showed; null for none.</summary>
    public string? Client { get; private set; }

    public void Dispose()
    {
        _listener.Dispose();
        _certificate.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ForwardAsync(await _listener.AcceptAsync());
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    [SuppressMessage("Security", "CA5359:Do Not Disable Certificate Validation", Justification = "It only says who came.")]
    private async Task ForwardAsync(Socket accepted)
    {
        try
        {
            await using var client = new SslStream(new NetworkStream(accepted, ownsSocket: true));
            await client.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificate = _certificate,
                ClientCertificateRequired = true,
                RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                {
                    Client = certificate?.Subject;
                    return certificate is not null || !_isClientRequired;
                },
            });
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, _target);
            await using var server = new NetworkStream(socket);
            await Task.WhenAny(client.CopyToAsync(server), server.CopyToAsync(client));
        }
        catch (Exception exception) when (exception is IOException or SocketException or AuthenticationException)
        {
            // One of the two is gone, or does not like the certificate.
        }
    }
}
