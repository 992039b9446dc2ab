using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;
using EchoServer.Connect.Link;
using EchoServer.Diagnosis;
using EchoServer.Http;
using EchoServer.WebSockets;

namespace EchoServer.Connect;

/// <summary>
/// Which of the causes of <see cref="ProxyDiagnosis"/> it was that the runtime came to no tunnel. What it throws says little, and may
/// have the proxy's password in it: what the proxy sent says more.
/// </summary>
internal static class TunnelFailure
{
    /// <summary>Says why there is no way through a proxy.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="stage">What was being done: nothing behind <see cref="Stage.Proxy"/>.</param>
    /// <param name="url">Where to.</param>
    /// <param name="proxy">The proxy's URL, without user and password.</param>
    /// <param name="tunnel">What went to and came from the proxy.</param>
    internal static Fault Of(Exception exception, Stage stage, Uri url, Uri proxy, HeadRecord tunnel)
    {
        HttpRequestError? error = null;
        for (Exception? it = exception; it is not null; it = it.InnerException)
        {
            if (it is SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } && stage == Stage.Proxy)
            {
                // SOCKS 4 takes addresses only: it is the server's name that was looked up, on this side.
                return NetworkDiagnosis.Of(it, url, Stage.Resolve);
            }

            if (it is SocketException or AuthenticationException)
            {
                return NetworkDiagnosis.Of(it, url, stage, proxy);
            }

            error = (it as HttpRequestException)?.HttpRequestError ?? error;
        }

        (byte[] sent, byte[] received) = tunnel.TakeBytes();
        return proxy.Scheme switch
        {
            "socks5" => OfSocks(sent, received, url, proxy),
            "socks4" or "socks4a" when exception.GetBaseException() is IOException refusal => ProxyDiagnosis.OfSocksWords(refusal.Message, proxy),
            _ => OfHttp(received, error, url, proxy),
        };
    }

    private static Fault OfHttp(ReadOnlySpan<byte> received, HttpRequestError? error, Uri url, Uri proxy)
    {
        switch (ReadLast(received, out ResponseHead head, out string? flaw))
        {
            case ParseStatus.Bad:
                return ProxyDiagnosis.OfNonsense(flaw!, proxy);
            case ParseStatus.Done when head.Status / 100 != 2:
                return ProxyDiagnosis.OfAnswer(ReceivedAnswer.From(head, default), url, proxy);
        }

        return error switch
        {
            HttpRequestError.ConfigurationLimitExceeded => ProxyDiagnosis.OfNonsense("the head of the answer is too large", proxy),
            HttpRequestError.InvalidResponse => ProxyDiagnosis.OfNonsense("the head of the answer cannot be read", proxy),
            _ => ProxyDiagnosis.OfEnd(proxy),
        };
    }

    /// <summary>Reads the answer that counts: the runtime says who asks only after a 407 to the first request (RFC 9110 §11.7.1).</summary>
    private static ParseStatus ReadLast(ReadOnlySpan<byte> received, out ResponseHead head, out string? flaw)
    {
        ParseStatus status = ResponseHead.Read(received, out head, out flaw);
        if (status != ParseStatus.Done || head.Status != 407 ||
            !int.TryParse(ReceivedAnswer.From(head, default).Field("Content-Length"), NumberStyles.None, CultureInfo.InvariantCulture, out int length) ||
            length >= received.Length - head.Size)
        {
            return status;
        }

        return ResponseHead.Read(received[(head.Size + length)..], out head, out flaw);
    }

    /// <summary>RFC 1928 §3 and §6, RFC 1929.</summary>
    private static Fault OfSocks(ReadOnlySpan<byte> sent, ReadOnlySpan<byte> received, Uri url, Uri proxy)
    {
        if (received is [not SocksTunnel.Version, _, ..])
        {
            return ProxyDiagnosis.OfNonsense(ProxyDiagnosis.NoSocks(received[0]), proxy);
        }

        bool hasOfferedUser = sent is [SocksTunnel.Version, > 1, ..];
        return received switch
        {
            [_, not (SocksTunnel.NoAuthentication or SocksTunnel.UserAndPassword), ..] => ProxyDiagnosis.OfSocksLogin(proxy),
            [_, SocksTunnel.UserAndPassword, ..] when !hasOfferedUser => ProxyDiagnosis.OfSocksLogin(proxy),
            [_, SocksTunnel.UserAndPassword, _, not 0, ..] => ProxyDiagnosis.OfSocksLogin(proxy),
            [_, SocksTunnel.UserAndPassword, _, _, .. var reply] => OfSocksReply(reply, url, proxy),
            [_, SocksTunnel.NoAuthentication, .. var reply] => OfSocksReply(reply, url, proxy),
            _ => ProxyDiagnosis.OfEnd(proxy),
        };
    }

    private static Fault OfSocksReply(ReadOnlySpan<byte> reply, Uri url, Uri proxy) => reply switch
    {
        [not SocksTunnel.Version, _, _, _, ..] => ProxyDiagnosis.OfNonsense(ProxyDiagnosis.NoSocks(reply[0]), proxy),
        [_, not 0, _, _, ..] => ProxyDiagnosis.OfSocksReply(reply[1], url, proxy),
        [_, _, _, not (SocksTunnel.IPv4 or SocksTunnel.DomainName or SocksTunnel.IPv6), ..] => ProxyDiagnosis.OfNonsense(ProxyDiagnosis.NoSocksAddress, proxy),
        _ => ProxyDiagnosis.OfEnd(proxy),
    };
}
