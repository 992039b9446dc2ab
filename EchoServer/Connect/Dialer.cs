using System.Net;
using System.Net.Sockets;
using EchoServer.Buffers;
using EchoServer.Connect.Proxies;
using EchoServer.Diagnosis;
using EchoServer.Http;
using EchoServer.Transport;
using EchoServer.WebSockets;
using EchoServer.WebSockets.Compression;

namespace EchoServer.Connect;

/// <summary>Opens connections to the server: TCP, a proxy's tunnel, TLS, the handshake (RFC 6455 §4.1). Remembers the address that answered.</summary>
/// <remarks>Safe on any thread. Without I/O threads, which are for plain TCP without a proxy, the runtime waits for all connections.</remarks>
internal sealed class Dialer(ConnectionOptions options, IoThreads? ioThreads = null)
{
    private const int MaxAddresses = 16;

    // RFC 1035 §2.3.4, as text with a dot at its end.
    private const int MaxNameCharacters = 254;

    // The server's default. The fastest level has one code for all texts, in which letters with accents get longer.
    private const int CompressionLevel = 2;
    private const int BadRequest = 400;

    // TLS is not asked for, so a firewall's silence about it is worth this part of the timeout: by default more than three round trips by
    // satellite take, which are 2 s.
    private const int SidePart = 4;

    private volatile IPAddress[] _addresses = [];
    private Task<Uri?>? _tlsOnPort;

    internal ConnectionOptions Options => options;

    internal Uri Url => options.Url;

    internal bool IsTls => Url.Scheme == "wss";

    private bool UsesIoThreads => ioThreads is not null && options.Proxy is null && !IsTls;

    /// <summary>Host and port that TCP connects to: the server's, or the proxy's.</summary>
    internal (string Host, int Port) Target => (TargetUrl.IdnHost, TargetUrl.Port);

    /// <summary>Whether that host is this machine.</summary>
    internal bool IsTargetLoopback => TargetUrl.IsLoopback;

    private Uri TargetUrl => options.Proxy?.Url ?? Url;

    /// <summary>A step, bounded by a deadline, or by the time that the options allow.</summary>
    internal Step Step(Stage stage, Deadline? deadline = null) =>
        new(stage, Url, options.Timeout, deadline ?? Deadline.In(options.Timeout), options.Proxy?.Url);

    /// <summary>Opens a WebSocket. Null offers the subprotocols and the compression of the options.</summary>
    /// <remarks>Messages are compressed where the options offer that; another offer only has the server compress.</remarks>
    /// <exception cref="ConnectionFailedException">The attempt failed, or took longer than <see cref="ConnectionOptions.Timeout"/>.</exception>
    /// <exception cref="OperationCanceledException">The attempt was stopped.</exception>
    internal async Task<ClientConnection> OpenWebSocketAsync(
        CancellationToken stop,
        IReadOnlyList<string>? subprotocols = null,
        string? extensions = null,
        int maxMessageBytes = ClientConnection.MaxMessageBytes)
    {
        bool compresses = extensions is null && options.OffersCompression;
        (TcpLink link, ReceivedHead head) = await UpgradeAsync(
            subprotocols ?? options.Subprotocols, compresses ? DeflateParameters.Offer : extensions, stop).ConfigureAwait(false);
        return new ClientConnection(link, head, new MessageReader(Role.Client, maxMessageBytes, deflate: AgreedCompression(head)), compresses);
    }

    /// <summary>Opens a connection and upgrades it.</summary>
    /// <returns>The connection, owned by the caller, and the 101.</returns>
    /// <exception cref="ConnectionFailedException">A step failed, or the server does not agree.</exception>
    internal async Task<(TcpLink Link, ReceivedHead Head)> UpgradeAsync(
        IReadOnlyList<string> subprotocols, string? extensions, CancellationToken stop)
    {
        var deadline = Deadline.In(options.Timeout);
        TcpLink link = await OpenAsync(stop, deadline).ConfigureAwait(false);
        try
        {
            // RFC 6455 §4.1: "The nonce MUST be selected randomly for each connection."
            string key = Convert.ToBase64String(StrongRandom.Bytes(Handshake.KeyBytes));
            byte[] request = HttpExchange.Upgrade(options, key, subprotocols, extensions);
            ReceivedHead head = await HttpExchange.AskAsync(link, request, Step(Stage.Answer, deadline), stop).ConfigureAwait(false);
            if (head.Answer.Status != ClientHandshake.SwitchingProtocols)
            {
                throw await UpgradeRefusal.ReadAsync(link, head, Url, stop).ConfigureAwait(false);
            }

            UpgradeRefusal.ThrowIfNotValid(head, key, subprotocols, extensions);
            return (link, head);
        }
        catch (ConnectionFailedException failure) when (IsLikePlainToTls(failure, link))
        {
            GiveUp(link, failure);
            if (!await IsTlsOnPortAsync(stop).ConfigureAwait(false))
            {
                throw;
            }

            throw new ConnectionFailedException(Stage.Answer, failure.Finding, TlsDiagnosis.PlainToTls, failure) { Answer = failure.Answer, Heads = failure.Heads };
        }
        catch (Exception exception)
        {
            GiveUp(link, exception);
            throw;
        }
    }

    /// <summary>Puts an address before the others from now on.</summary>
    internal void Prefer(IPAddress address) => _addresses = [address, .. _addresses.Where(other => !other.Equals(address))];

    /// <summary>Whether <c>ws://</c> goes to a port that speaks TLS. Asked once; takes half the timeout at most.</summary>
    internal async Task<bool> IsTlsOnPortAsync(CancellationToken stop) => !IsTls && options.Proxy is null &&
        await (_tlsOnPort ??= FindTlsAsync(Url.Port, CancellationToken.None)).WaitAsync(stop).ConfigureAwait(false) is not null;

    /// <summary>Whether a port of the server (-1: that of wss) speaks TLS, whatever its certificate.</summary>
    /// <returns>The URL with <c>wss://</c> when it does, otherwise null.</returns>
    internal async Task<Uri?> FindTlsAsync(int port, CancellationToken stop)
    {
        Uri twin = new UriBuilder(Url) { Scheme = "wss", Port = port, Host = UrlText.Host(Url) }.Uri;
        var dialer = new Dialer(options with { Url = twin, Timeout = options.Timeout / SidePart });
        try
        {
            using TcpLink link = await dialer.OpenTunnelAsync(stop).ConfigureAwait(false);
            await TlsSession.EstablishAsync(link, dialer.Options, twin, dialer.Step(Stage.Tls), stop).ConfigureAwait(false);
            return twin;
        }
        catch (ConnectionFailedException failure)
        {
            return TlsDiagnosis.IsAlert(failure) ? twin : null;
        }
    }

    /// <summary>Whether a port that speaks TLS may have answered a plain request like that: with no byte, or with a 400 that does not say why.</summary>
    private static bool IsLikePlainToTls(ConnectionFailedException failure, TcpLink link) =>
        failure is { Stage: Stage.Answer, IsTimeout: false } &&
        (failure.Answer is null ? link.Heads is { Received.IsEmpty: true } : failure.Answer is { Status: BadRequest, FirstWords: "" } answer && answer.Field(RouterDiagnosis.ErrorField) is null);

    /// <summary>Opens a connection that ends at the server: TCP, and a proxy's tunnel where one is gone through.</summary>
    /// <exception cref="ConnectionFailedException">A step failed.</exception>
    internal Task<TcpLink> OpenTunnelAsync(CancellationToken stop) => OpenAsync(stop, withTls: false);

    /// <summary>Opens a stream on which HTTP is spoken.</summary>
    /// <exception cref="ConnectionFailedException">A step failed.</exception>
    internal async Task<TcpLink> OpenAsync(CancellationToken stop, Deadline? until = null, bool withTls = true)
    {
        Deadline deadline = until ?? Deadline.In(options.Timeout);
        TcpLink link = await OpenTcpAsync(deadline, stop).ConfigureAwait(false);
        try
        {
            if (options.Proxy is ProxyChoice proxy)
            {
                await ProxyTunnel.OpenAsync(link, proxy, options, Step(Stage.Proxy, deadline), stop).ConfigureAwait(false);
            }

            if (withTls && IsTls)
            {
                TlsSession session = await TlsSession.EstablishAsync(link, options, Url, Step(Stage.Tls, deadline), stop).ConfigureAwait(false);
                session.ThrowIfNotTrusted(options);
            }

            return link;
        }
        catch (Exception exception)
        {
            GiveUp(link, exception);
            throw;
        }
    }

    /// <summary>Connects to the first address that answers.</summary>
    private async Task<TcpLink> OpenTcpAsync(Deadline deadline, CancellationToken stop)
    {
        IPAddress[] addresses = _addresses.Length > 0 ? _addresses : await ResolveAsync(stop, deadline).ConfigureAwait(false);
        for (int i = 0; ; i++)
        {
            try
            {
                // One that does not answer leaves the others their share of the time.
                var share = Deadline.In(deadline.Left / (addresses.Length - i));
                TcpLink link = await ConnectAsync(addresses[i], stop, share).ConfigureAwait(false);
                if (i > 0)
                {
                    Prefer(addresses[i]);
                }

                return link;
            }
            catch (ConnectionFailedException) when (i + 1 < addresses.Length)
            {
                // "localhost" has an IPv6 address on which, often, nothing listens: the next one, then.
            }
        }
    }

    /// <summary>Looks up the addresses to connect to.</summary>
    /// <exception cref="ConnectionFailedException">There are none.</exception>
    internal async Task<IPAddress[]> ResolveAsync(CancellationToken stop, Deadline? deadline = null)
    {
        Step step = Step(Stage.Resolve, deadline);
        IPAddress[] found = IPAddress.TryParse(Target.Host, out IPAddress? address)
            ? [address]
            : Target.Host.Length > MaxNameCharacters ? []
            : await step.RunAsync(token => Dns.GetHostAddressesAsync(Target.Host, token), stop).ConfigureAwait(false);

        // The runtime's sockets of IPv6 reach no IPv4 address that is mapped into IPv6 (RFC 4291 §2.5.5.2).
        return found.Length > 0
            ? _addresses = [.. found.Select(it => it.IsIPv4MappedToIPv6 ? it.MapToIPv4() : it).Distinct().Take(MaxAddresses)]
            : throw step.Failed(new SocketException((int)SocketError.NoData));
    }

    /// <summary>Connects to one address.</summary>
    /// <exception cref="ConnectionFailedException">It does not answer.</exception>
    internal async Task<TcpLink> ConnectAsync(IPAddress address, CancellationToken stop, Deadline? deadline = null)
    {
        Socket? socket = null;
        Step step = Step(Stage.Connect, deadline);
        try
        {
            await step.RunAsync(
                token =>
                {
                    // This fails as well, where the process has as many open as it may.
                    socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                    return ConnectAsync(socket, new IPEndPoint(address, Target.Port), token);
                },
                stop).ConfigureAwait(false);
            return await step.RunAsync(
                _ => Task.FromResult(UsesIoThreads ? new TcpLink(ioThreads!.Watch(socket!)) : new TcpLink(socket!)), stop).ConfigureAwait(false);
        }
        catch
        {
            socket?.Dispose();
            throw;
        }
    }

    /// <summary>Makes the compression that a handshake agreed on.</summary>
    /// <returns>Null when there is none.</returns>
    internal static PerMessageDeflate? AgreedCompression(ReceivedHead head)
    {
        if (!DeflateOffer.TryReadAnswer(Encoding.UTF8.GetBytes(head.Answer.Field("Sec-WebSocket-Extensions") ?? ""), out DeflateParameters agreed))
        {
            return null;
        }

        DeflateParameters parameters = agreed.Mirrored();
        var budget = new MemoryBudget(int.MaxValue);
        budget.TryTake(PerMessageDeflate.InflaterBytes(parameters) + PerMessageDeflate.DeflaterBytes(parameters));
        return new PerMessageDeflate(parameters, new ZlibPool(CompressionLevel, keptOfEachKind: 1), budget);
    }

    /// <summary>Connects a socket.</summary>
    /// <remarks>
    /// The runtime goes on watching each socket that it has waited for, and each message would wake it beside the I/O thread. On the
    /// loopback interface a thread can block in its place, because only a full backlog makes it wait.
    /// </remarks>
    private Task ConnectAsync(Socket socket, IPEndPoint server, CancellationToken stop) => UsesIoThreads && IPAddress.IsLoopback(server.Address)
        ? Task.Run(() => socket.Connect(server), stop)
        : socket.ConnectAsync(server, stop).AsTask();

    private static void GiveUp(TcpLink link, Exception exception)
    {
        if (exception is ConnectionFailedException failure)
        {
            failure.Heads = link.Heads;
        }

        link.Dispose();
    }
}
