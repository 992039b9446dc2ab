using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace EchoServer.Tests.Support.Peers;

/// <summary>Terminates TLS before a server on this machine and requests client certificates.</summary>
internal sealed class TlsFront : IDisposable
{
    // RFC 8446 §5.1: the type of the record that a client begins with.
    public const byte HandshakeRecord = 22;

    private readonly ScriptedServer _server;
    private readonly X509Certificate2 _certificate;
    private readonly int _target;
    private readonly X509Certificate2Collection _between = [];
    private readonly ConcurrentBag<string> _names = [];

    /// <param name="target">The port of the server behind it.</param>
    /// <param name="certificate">The certificate of the server.</param>
    /// <param name="onPlain">Serves a client that speaks no TLS; null leaves that to TLS, which ends the connection.</param>
    /// <param name="onStranger">Ends the connection of a client without a certificate, after the handshake; null to serve it.</param>
    /// <param name="between">The file of the certificates that are sent behind that of the server.</param>
    public TlsFront(
        int target, TestCertificate certificate, Action<RawPeer>? onPlain = null, Action<RawPeer>? onStranger = null, string? between = null)
    {
        _target = target;
        if (between is not null)
        {
            _between.ImportFromPemFile(between);
        }

        _certificate = X509Certificate2.CreateFromPemFile(certificate.CertificateFile, certificate.KeyFile);
        _server = new ScriptedServer((peer, _) =>
        {
            byte[] first = new byte[1];
            if (onPlain is not null && peer.Socket.Receive(first, SocketFlags.Peek) == 1 && first[0] != HandshakeRecord)
            {
                onPlain(peer);
            }
            else
            {
                ForwardAsync(peer, onStranger).GetAwaiter().GetResult();
            }
        });
    }

    public Uri Url => new($"wss://localhost:{_server.Url.Port}/raw");

    /// <summary>The subject of the last certificate that a client showed; null for none.</summary>
    public string? Client { get; private set; }

    /// <summary>The host names that clients named in TLS (SNI).</summary>
    public IReadOnlyCollection<string> Names => _names;

    public void Dispose()
    {
        _server.Dispose();
        _certificate.Dispose();
    }

    [SuppressMessage("Security", "CA5359:Do Not Disable Certificate Validation", Justification = "It only records the certificate.")]
    private async Task ForwardAsync(RawPeer accepted, Action<RawPeer>? onStranger)
    {
        try
        {
            await using var client = new SslStream(new NetworkStream(accepted.Socket));
            await client.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = SslStreamCertificateContext.Create(_certificate, _between, offline: true),
                ClientCertificateRequired = true,
                RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                {
                    Client = certificate?.Subject;
                    return true;
                },
            });
            _names.Add(client.TargetHostName);
            if (onStranger is not null && client.RemoteCertificate is null)
            {
                onStranger(accepted);
                return;
            }

            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, _target);
            await using var server = new NetworkStream(socket);
            await Task.WhenAny(client.CopyToAsync(server), server.CopyToAsync(client));
        }
        catch (Exception exception) when (exception is IOException or SocketException or AuthenticationException)
        {
            // One of the two is gone, or does not like the certificate, or speaks no TLS.
        }
    }
}
