using EchoServer.Diagnosis;

namespace EchoServer.Connect.Proxies;

/// <summary>Asks a proxy for a tunnel: over HTTP (CONNECT, RFC 9110 §9.3.6), with or without TLS to the proxy, or SOCKS 5.</summary>
internal static class ProxyTunnel
{
    private const int Ok = 200;
    private const int Redirection = 300;
    private const int BadRequest = 400;

    /// <summary>Asks for a tunnel to the server.</summary>
    /// <exception cref="ConnectionFailedException">The proxy refuses, or says nothing.</exception>
    internal static async Task OpenAsync(TcpLink link, ProxyChoice proxy, ConnectionOptions options, Step step, CancellationToken stop)
    {
        if (proxy.Url.Scheme == ProxyChoice.Https)
        {
            TlsSession session = await TlsSession.EstablishAsync(link, options, proxy.Url, step, stop).ConfigureAwait(false);
            if (session.Flaw is Fault flaw && !options.IsInsecure)
            {
                throw new ConnectionFailedException(Stage.Proxy, "the proxy's certificate is not trusted", ProxyDiagnosis.OfCertificate(flaw, proxy.Url));
            }
        }

        if (proxy.Url.Scheme != ProxyChoice.Socks)
        {
            await ConnectAsync(link, proxy, options.Url, step, stop).ConfigureAwait(false);
            return;
        }

        Fault? refusal = await step.RunAsync(token => SocksTunnel.OpenAsync(link.Stream, options.Url, proxy, token), stop).ConfigureAwait(false);
        if (refusal is not null)
        {
            throw new ConnectionFailedException(Stage.Proxy, "no tunnel", refusal);
        }
    }

    private static async Task ConnectAsync(TcpLink link, ProxyChoice proxy, Uri url, Step step, CancellationToken stop)
    {
        string authority = $"{HttpExchange.Host(url)}:{url.Port}";
        string credentials = proxy.User is BasicCredentials user ? $"Proxy-Authorization: {user.HeaderValue}\r\n" : "";
        byte[] request = Encoding.ASCII.GetBytes($"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n{credentials}\r\n");
        ReceivedHead head = await HttpExchange.AskAsync(link, request, step, stop).ConfigureAwait(false);
        if (head.Answer.Status is < Ok or >= Redirection)
        {
            // Of the other statuses the body says nothing that the diagnosis needs.
            ReceivedAnswer answer = head.Answer.Status == BadRequest ? await UpgradeRefusal.ReadAnswerAsync(link, head, stop).ConfigureAwait(false) : head.Answer;
            throw new ConnectionFailedException(
                Stage.Proxy, $"CONNECT answered with {answer.StatusLine}", ProxyDiagnosis.OfAnswer(answer, url, proxy.Url));
        }
    }
}
