using System.Net;
using System.Net.Sockets;
using EchoServer.Diagnosis;

namespace EchoServer.Connect.Link;

/// <summary>Opens streams to the server: TCP, a proxy's tunnel, TLS. Remembers the address that answered.</summary>
/// <remarks>Safe on any thread.</remarks>
/// <param name="options">Where to, and how.</param>
internal sealed class Dialer(ConnectionOptions options)
{
    private const int MaxAddresses = 16;

    private readonly Lazy<ProxyTunnel?> _proxy = new(() => ProxyTunnel.Choose(options));
    private volatile IPAddress[] _addresses = [];

    /// <summary>Where to, and how.</summary>
    internal ConnectionOptions Options => options;

    /// <summary>Where to.</summary>
    internal Uri Url => options.Url;

    /// <summary>The proxy to go through; null for none.</summary>
    internal ProxyTunnel? Proxy => _proxy.Value;

    /// <summary>Whether TLS is spoken.</summary>
    internal bool IsTls => Url.Scheme is "wss" or "https";

    /// <summary>Host and port that TCP connects to: the server's, or the proxy's.</summary>
    internal (string Host, int Port) Target => Proxy is ProxyTunnel proxy ? (proxy.Url.IdnHost, proxy.Url.Port) : (Url.IdnHost, Url.Port);

    /// <summary>A step, bounded by the time that the options allow.</summary>
    internal Step Step(Stage stage) => new(stage, Url, options.Timeout, Proxy?.Url);

    /// <summary>Looks up the addresses to connect to.</summary>
    /// <exception cref="ProbeException">There are none.</exception>
    internal async Task<IPAddress[]> ResolveAsync(CancellationToken stop)
    {
        IPAddress[] found = await Step(Stage.Resolve).RunAsync(token => Dns.GetHostAddressesAsync(Target.Host, token), stop).ConfigureAwait(false);
        if (found.Length == 0)
        {
            throw Step(Stage.Resolve).Failed(new SocketException((int)SocketError.NoData));
        }

        return _addresses = [.. found.Distinct().Take(MaxAddresses)];
    }

    /// <summary>From here on this address comes first.</summary>
    internal void Prefer(IPAddress address) => _addresses = [address, .. _addresses.Where(other => !other.Equals(address))];

    /// <summary>Connects to one address.</summary>
    /// <exception cref="ProbeException">It does not answer.</exception>
    internal async Task<Socket> ConnectAsync(IPAddress address, CancellationToken stop)
    {
        Socket? socket = null;
        try
        {
            await Step(Stage.Connect).RunAsync(
                token =>
                {
                    // This fails as well, where the process has as many open as it may.
                    socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                    return socket.ConnectAsync(new IPEndPoint(address, Target.Port), token).AsTask();
                },
                stop).ConfigureAwait(false);
            return socket!;
        }
        catch
        {
            socket?.Dispose();
            throw;
        }
    }

    /// <summary>Opens a stream on which HTTP is spoken.</summary>
    /// <exception cref="ProbeException">A step failed.</exception>
    internal async Task<TcpLink> OpenAsync(CancellationToken stop)
    {
        TcpLink link = await OpenTcpAsync(stop).ConfigureAwait(false);
        try
        {
            if (Proxy is ProxyTunnel proxy)
            {
                await proxy.EstablishAsync(link, this, stop).ConfigureAwait(false);
            }

            if (IsTls)
            {
                TlsSession session = await TlsSession.EstablishAsync(link, this, stop).ConfigureAwait(false);
                session.ThrowIfNotTrusted(this);
            }

            return link;
        }
        catch
        {
            link.Dispose();
            throw;
        }
    }

    /// <summary>Connects to the first address that answers.</summary>
    internal async Task<TcpLink> OpenTcpAsync(CancellationToken stop)
    {
        IPAddress[] addresses = _addresses.Length > 0 ? _addresses : await ResolveAsync(stop).ConfigureAwait(false);
        for (int i = 0; ; i++)
        {
            try
            {
                Socket socket = await ConnectAsync(addresses[i], stop).ConfigureAwait(false);
                if (i > 0)
                {
                    Prefer(addresses[i]);
                }

                return new TcpLink(socket);
            }
            catch (ProbeException) when (i + 1 < addresses.Length)
            {
                // "localhost" has an IPv6 address on which, often, nothing listens: the next one, then.
            }
        }
    }
}
