using EchoServer.Connect;
using EchoServer.Connect.Proxies;
using EchoServer.Http;

namespace EchoServer.Commands.Options;

/// <summary>How the texts of <see cref="ConnectionSettings"/> are read. All strict: a text that is not understood is refused.</summary>
internal static class ConnectionParsers
{
    // The handshake is made of these, and a body, or a connection that others may use, is not part of it.
    private static readonly string[] HandshakeFields =
    [
        "Connection", "Upgrade", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions",
        "Sec-WebSocket-Accept", "Content-Length", "Transfer-Encoding", "Expect", "TE", "Trailer",
    ];

    internal static bool TryParseHeader(string text, out HeaderField header)
    {
        header = default;
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || !TryParseToken(text[..colon], out string name))
        {
            return false;
        }

        header = new HeaderField(name, text[(colon + 1)..].Trim(' ', '\t'));

        // RFC 9110 §5.5: no control characters but the tab; a line end would begin another header.
        return !HandshakeFields.Contains(name, StringComparer.OrdinalIgnoreCase) &&
            !header.Value.Any(character => char.IsControl(character) && character != '\t');
    }

    /// <summary>Returns the part of a refused header that an error may show: its name. A text without a name may be a secret.</summary>
    internal static string? ShowHeader(string text) =>
        text.Split(':', 2) is [string start, _] && TryParseToken(start, out string name) ? $"{name}: ..." : null;

    internal static bool TryParseToken(string text, out string token) => HeaderFields.IsToken(Encoding.UTF8.GetBytes(token = text));

    internal static bool TryParseOrigin(string text, out string? origin)
    {
        // RFC 6454 §7.3: a page without an origin of its own, such as a file, has "null".
        origin = text == "null" ? text : SettingParsers.TryParseOrigin(text, out string parsed) ? parsed : null;
        return origin is not null;
    }

    internal static bool TryParseBasicAuth(string text, out BasicCredentials? credentials)
    {
        // RFC 7617 §2: the first colon ends the user's name.
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        credentials = colon < 0 ? null : new BasicCredentials(text[..colon], text[(colon + 1)..]);
        return credentials is { FitsBasic: true };
    }

    /// <summary>Takes the name of a file.</summary>
    internal static SettingParser<string?> File(string accepted) => new(accepted, (text, out file) => (file = text).Length > 0);

    internal static bool TryParseProxy(string text, out ProxyChoice? proxy)
    {
        proxy = ProxyChoice.TryParse(text);
        return proxy is not null || ProxyChoice.IsNone(text);
    }

    internal static bool TryParseInstance(string text, out string? instance)
    {
        // The router takes small letters only.
        instance = text.ToLowerInvariant();
        int colon = text.LastIndexOf(':');
        return colon > 0 && Guid.TryParseExact(text.AsSpan(0, colon), "D", out _) &&
            text.Length > colon + 1 && text[(colon + 1)..].All(char.IsAsciiDigit);
    }
}
