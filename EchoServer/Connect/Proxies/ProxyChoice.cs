using EchoServer.Http;

namespace EchoServer.Connect.Proxies;

/// <summary>The proxy that connections go through.</summary>
internal sealed class ProxyChoice(Uri url, BasicCredentials? user)
{
    // The schemes: a proxy that opens tunnels with CONNECT, the same over TLS, and a SOCKS 5 proxy.
    internal const string Http = "http";
    internal const string Https = "https";
    internal const string Socks = "socks5";

    // RFC 1928 §3: "The SOCKS service is conventionally located on TCP port 1080."
    private const int SocksPort = 1080;

    private const string EndOfScheme = "://";

    // What curl calls a proxy that looks up the names itself. Ours always does.
    private const string SocksWithNames = "socks5h";

    /// <summary>Scheme, host and port, without user and password.</summary>
    internal Uri Url => url;

    /// <summary>User and password; null for a proxy that asks for none.</summary>
    internal BasicCredentials? User => user;

    /// <summary>Whether a value stands for no proxy. A host of this name is <c>http://none</c>.</summary>
    internal static bool IsNone(string text) => text.Equals("none", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a proxy's URL.</summary>
    /// <returns>Null when it is not the URL of a proxy of a known kind.</returns>
    internal static ProxyChoice? TryParse(string text)
    {
        // Not left to Uri, because passwords often are in there as they are: '@', '/' and '#' included.
        int start = text.IndexOf(EndOfScheme, StringComparison.Ordinal) + EndOfScheme.Length;
        if (start < EndOfScheme.Length)
        {
            return null;
        }

        string scheme = text[..(start - EndOfScheme.Length)].Trim().ToLowerInvariant();
        scheme = scheme == SocksWithNames ? Socks : scheme;
        int at = text.LastIndexOf('@');
        string server = $"{scheme}{EndOfScheme}{text[Math.Max(start, at + 1)..].TrimEnd('/')}";
        if (scheme is not (Http or Https or Socks) || !HostUrl.TryParse(server, out Uri? uri) || uri.PathAndQuery is not ("/" or "") || uri.Fragment.Length > 0 ||
            (uri.Port < 0 && !HostUrl.TryParse($"{server}:{SocksPort}", out uri)))
        {
            return null;
        }

        BasicCredentials? user = at > start ? BasicCredentials.FromUserInfo(text[start..at]) : null;
        return user is { FitsBasic: false } && scheme != Socks ? null : new(uri, user);
    }

    public override string ToString() => url.AbsoluteUri;
}
