using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using EchoServer.Check;

namespace EchoServer.Client;

/// <summary>Which proxy is in the way, and why it opened no connection to the server: in words that do not blame the server.</summary>
internal static class ProxyDiagnosis
{
    private const string LookAtProxy = "check host and port in --proxy, or in HTTPS_PROXY and the like; --proxy none goes without one";

    /// <summary>The proxy that a connection goes through, as the options or the environment name it.</summary>
    /// <returns>Its URL, always without user and password; null for none.</returns>
    internal static Uri? Find(ConnectionOptions options)
    {
        IWebProxy proxy = options.Proxy ?? HttpClient.DefaultProxy;
        return !proxy.IsBypassed(options.Url) && proxy.GetProxy(options.Url) is Uri url
            ? new UriBuilder(url) { UserName = "", Password = "" }.Uri
            : null;
    }

    /// <summary>Says why there is no way through it.</summary>
    /// <param name="exception">What was thrown. Its words are not used where they may have the proxy's password in them.</param>
    /// <param name="proxy">Its URL, without user and password.</param>
    /// <param name="response">The head of its answer to CONNECT, as far as it came; empty for none.</param>
    internal static Diagnosis Of(Exception exception, Uri proxy, string response)
    {
        string where = $"the proxy {Address(proxy)}";
        for (Exception? it = exception; it is not null; it = it.InnerException)
        {
            switch (it)
            {
                case SocketException socket:
                    return new(OfSocket(socket.SocketErrorCode, where), LookAtProxy);
                case AuthenticationException:
                    return new($"TLS with {where} failed: {ReceivedAnswer.Shown(it.Message.TrimEnd('.'))}", LookAtProxy);
                case HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse }:
                    return new($"{where} speaks no HTTP", LookAtProxy);
            }
        }

        if (response.StartsWith("HTTP/", StringComparison.Ordinal))
        {
            return OfAnswer(response.Split("\r\n")[0], where);
        }

        // The runtime's SOCKS client says what it met; its HTTP client would name the URL that it was given, password and all.
        return exception.GetBaseException() is IOException socks and not HttpIOException
            ? new($"{where} opened no connection to the server: {ReceivedAnswer.Shown(socks.Message.TrimEnd('.'))}", LookAtProxy)
            : new($"{where} ended the connection instead of opening one to the server", LookAtProxy);
    }

    /// <summary>Says why there was no way through it within the time.</summary>
    internal static Diagnosis OfTimeout(Stage stage, TimeSpan timeout, Uri proxy)
    {
        string within = string.Create(CultureInfo.InvariantCulture, $"within {timeout.TotalSeconds} s");
        return stage switch
        {
            Stage.Resolve => NetworkDiagnosis.OfTimeout(stage, timeout, proxy),
            Stage.Connect => new($"the proxy {Address(proxy)} did not answer {within}: a firewall drops the packets, or no machine is there", LookAtProxy),
            _ => new($"the proxy {Address(proxy)} took the connection, but opened none to the server {within}", LookAtProxy),
        };
    }

    private static string OfSocket(SocketError error, string where) => error switch
    {
        SocketError.ConnectionRefused => $"{where} cannot be reached: connection refused",
        SocketError.HostNotFound or SocketError.NoData => $"the host name of {where} is not known",
        SocketError.TryAgain => $"no name server answered for {where}",
        SocketError.TimedOut => $"{where} did not answer: a firewall drops the packets, or no machine is there",
        SocketError.ConnectionReset or SocketError.ConnectionAborted => $"{where} reset the connection",
        _ => $"{where} cannot be reached: {EscapedText.From(new SocketException((int)error).Message.AsSpan())}",
    };

    private static Diagnosis OfAnswer(string statusLine, string where)
    {
        string status = statusLine.Split(' ', 2)[^1];
        string refusal = $"{where} opened no connection to the server, and answered {ReceivedAnswer.Shown(status)}";
        return status.Split(' ')[0] switch
        {
            "407" => new(refusal, "put user and password into its URL: --proxy http://USER:PASSWORD@HOST:PORT"),
            "403" or "405" => new(refusal, "have host and port of the server allowed there, or go without it: --proxy none"),
            _ => new(refusal, "check host and port in the URL; --proxy none goes without a proxy"),
        };
    }

    private static string Address(Uri proxy) =>
        ReceivedAnswer.Shown(string.Create(CultureInfo.InvariantCulture, $"{proxy.Host}:{proxy.Port}"));
}
