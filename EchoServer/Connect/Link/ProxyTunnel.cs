using System.Globalization;
using System.Net;
using System.Text;
using EchoServer.Diagnosis;

namespace EchoServer.Connect.Link;

/// <summary>A proxy that opens a tunnel when it is asked to: over HTTP (CONNECT, RFC 9110 §9.3.6) or SOCKS 5.</summary>
internal sealed class ProxyTunnel
{
    private const int Ok = 200;
    private const int Redirection = 300;

    // What the runtime's own HTTP client looks at.
    private static readonly string[] Variables = ["https_proxy", "http_proxy", "all_proxy"];

    private readonly string _user;
    private readonly string _password;

    private ProxyTunnel(Uri url, string user, string password)
    {
        Url = url;
        _user = user;
        _password = password;
    }

    /// <summary>Where it is, without user and password.</summary>
    internal Uri Url { get; }

    /// <summary>The proxy that the options or the environment name.</summary>
    /// <returns>Null for none.</returns>
    internal static ProxyTunnel? Choose(ConnectionOptions options)
    {
        if (options.Proxy is ProxyChoice choice)
        {
            return choice.Url is null ? null : Create(choice.Url, choice.Credentials);
        }

        // To ask the runtime's HTTP client costs more than a whole quick check: only where there is something to ask for.
        if (!Array.Exists(Variables, IsSet))
        {
            return null;
        }

        Uri asHttp = new UriBuilder(options.Url) { Scheme = options.Url.Scheme == "wss" ? "https" : "http" }.Uri;
        if (HttpClient.DefaultProxy.IsBypassed(asHttp) || HttpClient.DefaultProxy.GetProxy(asHttp) is not Uri proxy)
        {
            return null;
        }

        return Create(proxy, HttpClient.DefaultProxy.Credentials);
    }

    /// <summary>Asks for a tunnel to the server.</summary>
    /// <param name="link">A connection to the proxy.</param>
    /// <param name="dialer">Who knows the server.</param>
    /// <param name="stop">Ends the attempt.</param>
    /// <exception cref="ProbeException">The proxy refuses, or says nothing.</exception>
    internal async Task EstablishAsync(TcpLink link, Dialer dialer, CancellationToken stop)
    {
        string authority = string.Create(CultureInfo.InvariantCulture, $"{HttpExchange.Host(dialer.Url)}:{dialer.Url.Port}");
        Step step = dialer.Step(Stage.Proxy);
        if (Url.Scheme is not ("http" or "socks5"))
        {
            // Such a one comes from the environment: the option takes none.
            throw new ProbeException(Stage.Proxy, $"no way to speak to a proxy with {ReceivedAnswer.Shown(Url.Scheme)}://", ProxyDiagnosis.OfScheme(Url));
        }

        if (Url.Scheme == "socks5")
        {
            Fault? refusal = await step.RunAsync(
                token => SocksTunnel.OpenAsync(link.Stream, dialer.Url, Url, _user, _password, token), stop).ConfigureAwait(false);
            if (refusal is not null)
            {
                throw new ProbeException(Stage.Proxy, "no tunnel", refusal);
            }

            return;
        }

        string credentials = _user.Length == 0
            ? ""
            : $"Proxy-Authorization: Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{_user}:{_password}"))}\r\n";
        byte[] request = Encoding.ASCII.GetBytes($"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n{credentials}\r\n");
        ReceivedHead head = await step.RunAsync(token => HttpExchange.SendAsync(link.Stream, request, token), stop).ConfigureAwait(false);
        ReceivedAnswer answer = head.Answer;
        if (answer.Status is < Ok or >= Redirection)
        {
            throw new ProbeException(Stage.Proxy, $"CONNECT answered with {answer.StatusLine}", ProxyDiagnosis.OfAnswer(answer, dialer.Url, Url));
        }
    }

    private static ProxyTunnel Create(Uri url, ICredentials? credentials)
    {
        NetworkCredential? user = credentials?.GetCredential(url, "Basic");

        // The environment's URL still has user and password in it, and this one is shown.
        Uri shown = new UriBuilder(url) { UserName = "", Password = "" }.Uri;
        return new(shown, user?.UserName ?? "", user?.Password ?? "");
    }

    private static bool IsSet(string variable) =>
        !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable)) ||
        !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable.ToUpperInvariant()));
}
