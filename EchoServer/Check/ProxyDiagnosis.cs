using System.Globalization;
using System.Net.Sockets;

namespace EchoServer.Check;

/// <summary>Why the proxy was not reached, or did not answer: the server and Cloud Foundry have no part in it.</summary>
internal static class ProxyDiagnosis
{
    private const string CheckUrl = "check host and port in --proxy, or in the environment's HTTPS_PROXY and the like";
    private const string AroundIt = CheckUrl + "; --proxy none goes without";

    /// <summary>Says why, from an error of a socket.</summary>
    /// <param name="error">The error.</param>
    /// <param name="proxy">Where the proxy is.</param>
    /// <param name="stage">What was being done.</param>
    /// <returns>Null when it is the same whoever is at the other end.</returns>
    internal static Diagnosis? OfSocket(SocketError error, Uri? proxy, Stage stage) => error switch
    {
        SocketError.ConnectionRefused => new($"{The(proxy)} refuses connections: nothing listens there", AroundIt),
        SocketError.HostNotFound or SocketError.NoData => new(
            $"the host name of {The(proxy)} is not known", $"{AroundIt}; inside a company network, check VPN and DNS"),
        SocketError.TryAgain => new(
            $"no name server answered for the host name of {The(proxy)}", "check this machine's network, VPN and DNS settings"),
        SocketError.TimedOut => new($"{The(proxy)} did not answer: it is down, or a firewall drops the packets", AroundIt),
        SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.HostDown or SocketError.NetworkDown => new(
            $"this machine has no route to {The(proxy)}", "check network and VPN; --proxy none goes without it"),
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown => new(
            $"the connection was reset by {The(proxy)}{(stage == Stage.Proxy ? " instead of an answer" : " as soon as it was opened")}",
            $"{CheckUrl}, and see the proxy's log"),
        _ => null,
    };

    /// <summary>Says why nothing came within the time.</summary>
    /// <param name="within">The time, as <c>within 5 s</c>.</param>
    /// <param name="proxy">Where the proxy is.</param>
    /// <param name="stage">What was being done.</param>
    internal static Diagnosis OfTimeout(string within, Uri? proxy, Stage stage) => stage switch
    {
        Stage.Resolve => new(
            $"no name server answered for the host name of {The(proxy)} {within}", "look at this machine's DNS settings, VPN and network"),
        Stage.Connect => new($"{The(proxy)} did not answer {within}: it is down, or a firewall drops the packets", AroundIt),
        _ => new(
            $"{The(proxy)} accepted the connection, but did not answer CONNECT {within}: it hangs, waits for the server itself, or is no proxy",
            $"{CheckUrl}, and see the proxy's log"),
    };

    /// <summary>Says what it means that the proxy ended the connection.</summary>
    internal static Diagnosis OfEnd(Uri? proxy) => new(
        $"{The(proxy)} ended the connection instead of answering CONNECT", $"{CheckUrl}, and whether it is such a proxy");

    /// <summary>Says what it means that something else than a proxy answered.</summary>
    /// <param name="flaw">What is wrong with what came; not escaped.</param>
    /// <param name="proxy">Where the proxy is.</param>
    internal static Diagnosis OfNonsense(string flaw, Uri? proxy) => new(
        $"{The(proxy)} does not speak as such a proxy does: {ReceivedAnswer.Shown(flaw)}",
        "check scheme, host and port in --proxy (http:// for CONNECT, socks5:// for SOCKS 5), or in the environment's HTTPS_PROXY and the like");

    private static string The(Uri? proxy) => proxy is null
        ? "the proxy"
        : string.Create(CultureInfo.InvariantCulture, $"the proxy {ReceivedAnswer.Shown(proxy.Host)}:{proxy.Port}");
}
