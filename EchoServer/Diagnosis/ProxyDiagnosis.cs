using System.Net.Sockets;
using EchoServer.Http;

namespace EchoServer.Diagnosis;

/// <summary>Why there is no way through a proxy: the server and Cloud Foundry have no part in it.</summary>
/// <remarks>
/// A proxy's URL is given without user and password; what it answered is escaped here.
/// </remarks>
internal static class ProxyDiagnosis
{
    private const string CheckUrl = "check host and port in --proxy, or in the environment's HTTPS_PROXY and the like";
    private const string AroundIt = CheckUrl + "; --proxy none goes without one";
    private const string CheckKind =
        "check scheme, host and port in --proxy (http:// or https:// for CONNECT, socks5:// for SOCKS 5), or in the environment's HTTPS_PROXY and the like";

    /// <summary>Says why, from an error of a socket.</summary>
    /// <returns>Null when the cause is the same for a proxy and a server.</returns>
    internal static Fault? OfSocket(SocketError error, Uri proxy, Stage stage) => error switch
    {
        SocketError.ConnectionRefused => new($"{The(proxy)} refuses connections: nothing listens there", AroundIt),
        SocketError.HostNotFound or SocketError.NoData => new(
            $"the host name of {The(proxy)} is not known", $"{AroundIt}; inside a company network, check VPN and DNS"),
        SocketError.TryAgain => new(
            $"no name server answered for the host name of {The(proxy)}",
            "check this machine's network, VPN and DNS settings; --proxy none goes without a proxy"),
        SocketError.TimedOut => new($"{The(proxy)} did not answer: it is down, or a firewall drops the packets", AroundIt),
        SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.HostDown or SocketError.NetworkDown => new(
            $"this machine has no route to {The(proxy)}", "check network and VPN; --proxy none goes without a proxy"),
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown => new(
            $"the connection was reset by {The(proxy)}{(stage == Stage.Proxy ? " instead of an answer" : " as soon as it was opened")}",
            $"{CheckUrl}, and see the proxy's log"),
        SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported or SocketError.AccessDenied or SocketError.TooManyOpenSockets or
            SocketError.InvalidArgument => null,
        _ => new(
            $"{The(proxy)} cannot be reached: the network says '{EscapedText.From(new SocketException((int)error).Message.AsSpan())}'", AroundIt),
    };

    /// <summary>Says why nothing came within the time.</summary>
    internal static Fault OfTimeout(string within, Uri proxy, Stage stage) => stage switch
    {
        Stage.Resolve => new(
            $"no name server answered for the host name of {The(proxy)} {within}",
            "check this machine's network, VPN and DNS settings; --proxy none goes without a proxy"),
        Stage.Connect => new($"{The(proxy)} did not answer {within}: it is down, or a firewall drops the packets", AroundIt),
        _ => new(
            $"{The(proxy)} accepted the connection, but opened no tunnel {within}: it hangs, waits for the server itself, or is not a proxy",
            $"{AroundIt}; the proxy's log may say more"),
    };

    /// <summary>Says what it means that the proxy ended the connection.</summary>
    internal static Fault OfEnd(Uri proxy) => new($"{The(proxy)} ended the connection instead of opening a tunnel", CheckKind);

    /// <summary>Says what it means that TLS with the proxy itself failed. Without advice only another proxy helps.</summary>
    internal static Fault OfTls(string reason, string? advice, Uri proxy) =>
        new($"TLS with {The(proxy)} failed: {reason}", advice is null ? AroundIt : $"{advice}; {AroundIt}");

    /// <summary>Says what a flaw of the proxy's own certificate means.</summary>
    internal static Fault OfCertificate(Fault flaw, Uri proxy) => TlsDiagnosis.OrInsecure(OfTls(flaw.Cause, flaw.Advice, proxy));

    /// <summary>Says what it means that something else than a proxy answered, or one with a faulty answer. The flaw is escaped.</summary>
    internal static Fault OfHead(HeadErrorKind? kind, string flaw, Uri proxy) => kind switch
    {
        HeadErrorKind.Tls when IsPlain(proxy) => SpeaksTls(proxy),
        HeadErrorKind.Faulty => new(
            $"{The(proxy)} speaks HTTP, but its answer has a fault: {flaw}", $"have the proxy mended; {AroundIt}"),
        _ => new($"{The(proxy)} does not answer as {(IsSocks(proxy) ? "a SOCKS" : "an HTTP")} proxy does: {EscapedText.From(flaw.AsSpan())}", CheckKind),
    };

    /// <summary>Says what an answer to CONNECT means.</summary>
    internal static Fault OfAnswer(ReceivedAnswer answer, Uri url, Uri proxy) => answer.Status switch
    {
        407 => OfLogin(answer, proxy),
        400 when IsPlain(proxy) && AnswerDiagnosis.WantsTls(answer) => SpeaksTls(proxy),
        403 or 405 => NotAllowed(answer.StatusLine, url, proxy),
        502 or 503 or 504 => NotReached(answer.StatusLine, url, proxy),
        _ => new(
            $"{The(proxy)} answered the request for a tunnel to {Target(url)} with {answer.StatusLine}: it may be no proxy, or not for tunnels", AroundIt),
    };

    /// <summary>Says what a reply of SOCKS 5 means (RFC 1928 §6).</summary>
    internal static Fault OfSocksReply(byte reply, Uri url, Uri proxy)
    {
        string answer = $"SOCKS reply {reply}";
        return reply switch
        {
            2 => NotAllowed(answer, url, proxy),
            3 or 4 or 6 => NotReached(answer, url, proxy),
            5 => new($"{Target(url)} refuses connections from {The(proxy)}", "start the server, or check host and port in the URL"),
            _ => new($"{The(proxy)} could not open a tunnel to {Target(url)} (it answered {answer})", "see the proxy's log; --proxy none goes without a proxy"),
        };
    }

    /// <summary>Says what it means that a SOCKS proxy takes none of the ways to log in that it was offered, or not this user.</summary>
    internal static Fault OfSocksLogin(Uri proxy) => OfLogin("", proxy);

    private static Fault OfLogin(ReceivedAnswer answer, Uri proxy)
    {
        const string field = "Proxy-Authenticate";
        string schemes = answer.Field(field) is string challenge ? $"; {field}: {ReceivedAnswer.Shown(challenge)}" : "";
        return answer.OffersBasic(field)
            ? OfLogin($" (it answered {answer.StatusLine}{schemes})", proxy)
            : new(
                $"{The(proxy)} requires authentication with a scheme that this client does not have (it answered {answer.StatusLine}{schemes})",
                "have Basic allowed there, name a proxy on this machine that logs in to it (such as cntlm or px) with --proxy, or go around it with --proxy none");
    }

    private static Fault OfLogin(string answer, Uri proxy) => new(
        $"{The(proxy)} requires authentication, or does not accept the user and password that it got{answer}",
        $"put them into its URL: --proxy {ReceivedAnswer.Shown(proxy.Scheme)}://USER:PASSWORD@{Address(proxy)}");

    private static Fault SpeaksTls(Uri proxy) => new(
        $"the port of {The(proxy)} speaks TLS, and http:// does not",
        $"name it with https:// in --proxy, or in the environment's HTTPS_PROXY and the like: https://{Address(proxy)}");

    private static Fault NotAllowed(string answer, Uri url, Uri proxy) => new(
        $"{The(proxy)} does not allow a tunnel to {Target(url)} (it answered {answer})",
        "have the host and the port allowed there, or go around it with --proxy none");

    private static Fault NotReached(string answer, Uri url, Uri proxy) => new(
        $"{The(proxy)} could not reach {Target(url)} (it answered {answer})",
        "check host and port in the URL; a host of the internal network may need --proxy none");

    private static string Target(Uri url) =>
        ReceivedAnswer.Shown($"{(url.HostNameType == UriHostNameType.IPv6 ? UrlText.Host(url) : url.IdnHost)}:{url.Port}");

    private static string The(Uri proxy) => $"the proxy {Address(proxy)}";

    private static string Address(Uri proxy) => ReceivedAnswer.Shown($"{UrlText.Host(proxy)}:{proxy.Port}");

    private static bool IsPlain(Uri proxy) => proxy.Scheme == "http";

    private static bool IsSocks(Uri proxy) => proxy.Scheme.StartsWith("socks", StringComparison.Ordinal);
}
