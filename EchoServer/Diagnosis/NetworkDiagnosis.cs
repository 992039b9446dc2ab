using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using EchoServer.Http;

namespace EchoServer.Diagnosis;

/// <summary>Why no connection came about, or why it broke, as far as the network says.</summary>
internal static class NetworkDiagnosis
{
    /// <summary>Says why, from an exception of a socket, a stream or a TLS handshake.</summary>
    /// <remarks>
    /// The innermost exception decides. A failure before the proxy's tunnel is open is the proxy's. The last parameter is whether the server
    /// may have ended the connection for want of a certificate of the client.
    /// </remarks>
    internal static Fault Of(Exception exception, Uri url, Stage stage, Uri? proxy = null, bool wantsCertificate = false)
    {
        proxy = Peer(stage, proxy);
        for (Exception? it = exception; it is not null; it = it.InnerException)
        {
            if (it is SocketException socket)
            {
                return (proxy is null ? null : ProxyDiagnosis.OfSocket(socket.SocketErrorCode, proxy, stage)) ??
                    OfSocket(socket.SocketErrorCode, proxy ?? url, stage, wantsCertificate);
            }

            if (it is AuthenticationException)
            {
                return proxy is not null ? ProxyDiagnosis.OfTls(TlsDiagnosis.Reason(it), TlsDiagnosis.OfClientCertificate(it)?.Advice, proxy)
                    : stage == Stage.Tls ? TlsDiagnosis.Of(it)
                    : TlsDiagnosis.OfBreak(it);
            }

            if (it is InvalidDataException or BadHeadException)
            {
                HeadErrorKind? kind = (it as BadHeadException)?.Kind;
                return proxy is not null ? ProxyDiagnosis.OfHead(kind, it.Message, proxy) : OfHead(kind, it.Message, url);
            }
        }

        return proxy is not null ? ProxyDiagnosis.OfEnd(proxy)
            : stage == Stage.Tls ? TlsDiagnosis.Of(exception)
            : stage == Stage.Answer && TlsDiagnosis.OfClientCertificate(exception) is Fault fault ? fault
            : OfEnd(url, stage, wantsCertificate);
    }

    /// <summary>Maps the failure of the stream of an open connection to the kind of its end.</summary>
    /// <remarks>TLS that ends without its close_notify is a FIN as well.</remarks>
    internal static ClientEventKind EndOf(Exception? cause) => cause?.GetBaseException() is not SocketException socket ? ClientEventKind.Fin
        : IsReset(socket.SocketErrorCode) ? ClientEventKind.Reset
        : ClientEventKind.Lost;

    /// <summary>Whether the other end, or something on the way, has reset the connection.</summary>
    internal static bool IsReset(SocketError error) => error is SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown;

    /// <summary>Says why nothing came within the time, or no more than the beginning of an answer.</summary>
    internal static Fault OfTimeout(Stage stage, TimeSpan timeout, Uri url, Uri? proxy = null, ReadOnlySpan<byte> received = default)
    {
        proxy = Peer(stage, proxy);
        string within = $"within {Times.Seconds(timeout)}";
        string port = Port(url);
        string beginning = EscapedText.Quote(received);
        if (!received.IsEmpty && !ResponseHead.IsBeginning(received))
        {
            string flaw = $"it said '{beginning}', and no more {within}";
            return proxy is not null ? ProxyDiagnosis.OfHead(HeadErrorKind.Malformed, flaw, proxy) : OfHead(HeadErrorKind.Malformed, flaw, url);
        }

        return proxy is not null ? ProxyDiagnosis.OfTimeout(within, proxy, stage) : stage switch
        {
            _ when !received.IsEmpty => new(
                $"the answer did not come to the end of its head {within} ('{beginning}'): the server hangs while it answers",
                "see whether the app hangs or is overloaded ('cf app NAME', 'cf logs NAME --recent'), and restart it"),
            Stage.Resolve => new($"the name server did not answer {within}", "look at this machine's DNS settings, VPN and network"),
            Stage.Connect => PortFacts.Of(url) is Fault oddPort
                ? new($"nothing answered on {port} {within}: {oddPort.Cause}", oddPort.Advice)
                : new(
                    $"nothing answered on {port} {within}: a firewall drops the packets, or no machine is at that address",
                    "check port and address; from inside a company network try --proxy, otherwise have the port opened"),
            Stage.Tls => new(
                $"the TLS handshake was not answered {within}: what listens on {port} speaks no TLS, or hangs",
                "check the port, or try ws:// if TLS is not meant here"),
            Stage.Answer => new(
                $"the request was not answered {within}: the connection was accepted, but the server hangs, or it is not an HTTP server",
                "see whether the app hangs or is overloaded ('cf app NAME', 'cf logs NAME --recent'), and restart it"),
            Stage.Echo => new(
                $"no echo came {within}: the server is not an echo server, hangs, or something on the way holds frames back",
                "check the path; a proxy on the way must not buffer"),
            _ => new(
                $"the server did not answer the Close {within}", "see whether the server hangs; a proxy on the way may have swallowed it"),
        };
    }

    private static Fault OfSocket(SocketError error, Uri url, Stage stage, bool wantsCertificate) => error switch
    {
        SocketError.ConnectionRefused when PortFacts.Of(url) is Fault oddPort => new(
            $"connection refused on {Port(url)}: {oddPort.Cause}", oddPort.Advice),
        SocketError.ConnectionRefused => new(
            $"connection refused: nothing listens on {Port(url)}", "start the server, or check host and port in the URL"),
        SocketError.HostNotFound or SocketError.NoData => new(
            $"the host name '{ReceivedAnswer.Shown(url.DnsSafeHost)}' is not known", "check its spelling; inside a company network, check VPN and DNS, or try --proxy"),
        SocketError.TryAgain => new(
            $"no name server answered for '{ReceivedAnswer.Shown(url.DnsSafeHost)}'", "check this machine's network, VPN and DNS settings"),
        SocketError.TimedOut or SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.HostDown or SocketError.NetworkDown
            when stage is Stage.Echo or Stage.Close => new(
                "the network stopped carrying the connection: nothing is acknowledged any more",
                "check this machine's network and VPN, and connect again; where it happens after a pause, something on the way forgot the connection, and pings keep it"),
        SocketError.TimedOut => new(
            $"nothing answered on {Port(url)}: a firewall drops the packets, or no machine is at that address",
            "check port and address; from inside a company network try --proxy, otherwise have the port opened"),
        _ when IsLinkLocal(url) && !IsReset(error) && error != SocketError.TooManyOpenSockets =>
            OfLinkLocal(url),
        SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.HostDown or SocketError.NetworkDown =>
            url.HostNameType == UriHostNameType.IPv6
                ? new($"this machine has no route to {ReceivedAnswer.Shown(UrlText.Host(url))}", "check network and VPN, and whether this network has IPv6 at all")
                : new("this machine has no route to the address", "check network and VPN; where only IPv6 fails, this network has none, and IPv4 is used"),
        SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported =>
            url.HostNameType == UriHostNameType.IPv6
                ? new($"this machine cannot use the address {ReceivedAnswer.Shown(UrlText.Host(url))}", "check whether IPv6 is on on this machine")
                : new("this machine cannot use such an address", "check whether IPv6 is on here, or use the host's IPv4 address"),
        SocketError.AccessDenied => new("this machine does not allow the connection", "look at its local firewall"),
        _ when IsReset(error) => stage is Stage.Echo or Stage.Close
            ? new(
                "the connection was reset in the middle of the conversation",
                "see whether the app or the router was restarted just then ('cf app NAME', 'cf events NAME'), and check again")
            : stage == Stage.Answer ? OfNoAnswer(
                url, wantsCertificate, "the connection was reset instead of an answer: the server", "or crashed, or a firewall or balancer on the way cuts such connections")
            : stage == Stage.Tls ? new(
                "the connection was reset during the TLS handshake: the server speaks no TLS on this port, or crashed, or a firewall or balancer on the way cuts such connections",
                "check the port, or try ws:// if TLS is not meant here; otherwise see the app's log, and check from another network")
            : new(
                "the connection was reset as soon as it was opened: the server crashed, or a firewall or balancer on the way cuts such connections",
                "see the app's log, and check from another network"),
        SocketError.TooManyOpenSockets => new("this process may not open more sockets", "raise the limit of open files: ulimit -n"),
        _ => new($"the network says '{EscapedText.From(new SocketException((int)error).Message.AsSpan())}'", "check network, host and port"),
    };

    /// <summary>Says why a link-local address (RFC 4291 §2.5.6) cannot be reached: its zone names the interface that leads there.</summary>
    private static Fault OfLinkLocal(Uri url)
    {
        string host = ReceivedAnswer.Shown(UrlText.Host(url));
        int zone = url.DnsSafeHost.IndexOf('%', StringComparison.Ordinal);
        return zone < 0
            ? new($"the link-local address {host} belongs to an interface, and the URL names none", "put the interface behind the address, as in [fe80::1%eth0]; 'ip -6 address' lists the interfaces")
            : new(
                $"this machine does not reach the link-local address {host} over that interface",
                $"check that the interface '{ReceivedAnswer.Shown(url.DnsSafeHost[(zone + 1)..])}' is up, has IPv6 and leads to that machine ('ip -6 address', 'ip -6 neighbour')");
    }

    private static bool IsLinkLocal(Uri url) => IPAddress.TryParse(url.DnsSafeHost, out IPAddress? address) && address.IsIPv6LinkLocal;

    /// <summary>Says what it means that an answer is not HTTP, or has no whole head. The flaw is escaped.</summary>
    private static Fault OfHead(HeadErrorKind? kind, string flaw, Uri url) => kind switch
    {
        HeadErrorKind.TooLarge => new(
            $"the head of the answer is larger than the {HeadRules.Response.MaxBytes / 1024} KiB that this client takes", "let the server, or a proxy in front of it, send fewer or shorter headers"),
        HeadErrorKind.Cut => new(flaw, "see the app's log for a crash while it answered; a proxy on the way can cut an answer off as well"),
        HeadErrorKind.Faulty => new(
            $"what answers on {Port(url)} speaks HTTP, but its answer has a fault: {flaw}",
            "have this mended in the server, or in the proxy that answered in its place: some clients overlook it, others refuse the answer"),
        HeadErrorKind.Http2 => new(
            $"what answers on {Port(url)} speaks HTTP/2 without being asked for it, and WebSocket needs HTTP/1.1 there",
            "let the server, or the proxy in front of it, take HTTP/1.1 on this port, or use a port that does"),
        HeadErrorKind.Tls when url.Scheme == "ws" => TlsDiagnosis.PlainToTls,
        _ => new($"what answers on {Port(url)} speaks no HTTP: {flaw}", "check host and port in the URL: another kind of server is there"),
    };

    private static Fault OfEnd(Uri url, Stage stage, bool wantsCertificate) => stage switch
    {
        Stage.Answer => OfNoAnswer(url, wantsCertificate, "the server ended the connection instead of answering: it", "speaks no HTTP, or crashed"),
        _ => new(
            "the connection ended without a Close in the middle of the conversation",
            "see whether the app or the router was restarted just then ('cf app NAME', 'cf events NAME'), and check again"),
    };

    /// <returns>The proxy, where it is at the other end then and not the server; otherwise null.</returns>
    private static Uri? Peer(Stage stage, Uri? proxy) => stage <= Stage.Proxy ? proxy : null;

    /// <summary>Says why a request was not answered. With TLS 1.3 a certificate is refused after the handshake; servers of Node's end requests for another path.</summary>
    private static Fault OfNoAnswer(Uri url, bool wantsCertificate, string finding, string otherwise) => url.Scheme == "ws"
        ? new($"{finding} speaks TLS there, has no WebSocket at this path, {otherwise}", "try wss://, check port and path, and see the app's log")
        : wantsCertificate ? new(
            $"{finding} did not get the client certificate that it asks for, has no WebSocket at this path, {otherwise}",
            "pass a certificate that it trusts with --cert and --key; otherwise check port and path, and see the app's log")
        : new($"{finding} has no WebSocket at this path, {otherwise}", "check port and path, and see the app's log");

    private static string Port(Uri url) => $"port {url.Port} of {ReceivedAnswer.Shown(UrlText.Host(url))}";
}
