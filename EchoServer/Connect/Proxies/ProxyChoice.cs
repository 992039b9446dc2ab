namespace EchoServer.Connect.Proxies;

/// <summary>The proxy that connections go through.</summary>
internal sealed class ProxyChoice(Uri url, BasicCredentials? user)
{
    /// <summary>A proxy that opens tunnels with CONNECT.</summary>
    internal const string Http = "http";

    /// <summary>The same, over TLS.</summary>
    internal const string Https = "https";

    /// <summary>A SOCKS 5 proxy.</summary>
    internal const string Socks = "socks5";

    // RFC 1928 §3: "The SOCKS service is conventionally located on TCP port 1080."
    private const int SocksPort = 1080;

    private const string EndOfScheme = "://";

    /// <summary>Scheme, host and port, without user and password.</summary>
    internal Uri Url => url;

    /// <summary>User and password; null for a proxy that asks for none.</summary>
    internal BasicCredentials? User => user;

    /// <summary>Reads a proxy's URL.</summary>
    /// <returns>Null when it is not the URL of a proxy of a known kind.</returns>
    internal static ProxyChoice? TryParse(string text)
    {
        // Not left to Uri, because passwords often are in there as they are: '@', '/' and '#' included.
        int start = text.IndexOf(EndOfScheme, StringComparison.Ordinal) + EndOfScheme.Length;
        int at = text.LastIndexOf('@');
        if (start < EndOfScheme.Length || !Uri.TryCreate(at < start ? text : text[..start] + text[(at + 1)..], UriKind.Absolute, out Uri? uri) ||
            uri.Scheme is not (Http or Https or Socks) || uri.Host.Length == 0 || uri.PathAndQuery is not ("/" or "") || uri.Fragment.Length > 0)
        {
            return null;
        }

        BasicCredentials? user = at <= start ? null : BasicCredentials.FromUserInfo(text[start..at]);
        return new(uri.Port < 0 ? new UriBuilder(uri) { Port = SocksPort }.Uri : uri, user is { User.Length: > 0 } ? user : null);
    }

    public override string ToString() => url.AbsoluteUri;
}
