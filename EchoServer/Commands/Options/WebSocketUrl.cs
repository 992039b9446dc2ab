using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Unicode;
using EchoServer.Connect;
using EchoServer.Http;
using EchoServer.Text;

namespace EchoServer.Commands.Options;

/// <summary>The URL that a client command is given.</summary>
internal static class WebSocketUrl
{
    /// <summary>The accepted URLs, for the help text.</summary>
    internal const string Description = "Where to connect: ws://, wss://, http:// (means ws) or https:// (means wss).";

    private const string EndOfScheme = "://";

    private static readonly string[] Schemes = ["ws", "wss", "http", "https"];

    /// <summary>Reads a URL without user and password, or drops them.</summary>
    /// <exception cref="UsageException">It is not such a URL.</exception>
    internal static Uri Parse(string text) => Parse(text, out _);

    /// <summary>Reads it.</summary>
    /// <param name="text">A ws, wss, http or https URL, as typed.</param>
    /// <param name="user">The user and password in it, either of which may be empty (RFC 3986 §3.2.1); null for none.</param>
    /// <returns>A ws or wss URL without user and password: a message may show it.</returns>
    /// <exception cref="UsageException">It is not such a URL.</exception>
    internal static Uri Parse(string text, out BasicCredentials? user)
    {
        string typed = text.Trim();
        bool hasScheme = typed.Contains(EndOfScheme, StringComparison.Ordinal);
        string whole = hasScheme ? typed : WithScheme(typed);
        int end = whole.IndexOf(EndOfScheme, StringComparison.Ordinal);
        string problem = $"'{ShownValue.Of(text)}' is not a ws://, wss://, http:// or https:// URL";
        string scheme = whole[..end].ToLowerInvariant() switch
        {
            "ws" or "http" => "ws",
            "wss" or "https" => "wss",
            _ => throw Refusal(problem),
        };

        string authority = HostUrl.Authority(whole);
        string rest = whole[(end + EndOfScheme.Length + authority.Length)..];
        int at = authority.LastIndexOf('@');
        if (HostUrl.Read($"{scheme}{EndOfScheme}{authority[(at + 1)..]}{rest}", out Uri? url) is (string part, string flaw))
        {
            // The password of such a URL begins where the port is read.
            throw Refusal(rest.Contains('@', StringComparison.Ordinal)
                ? $"'{ShownValue.Of(text)}' has no host and port before its first '{rest[0]}'; in a user or password write %2F for '/', %3F for '?' and %23 for '#'"
                : $"{part} of '{ShownValue.Of(text)}' {flaw}; write {scheme}://host or {scheme}://host:port");
        }

        if (!hasScheme)
        {
            throw Refusal($"{problem}: write {ShownValue.Of(whole)}");
        }

        // RFC 6455 §3: "Fragment identifiers ... MUST NOT be used" in a WebSocket URL. It may be a token: it is not shown.
        if (rest.Contains('#', StringComparison.Ordinal))
        {
            throw Refusal($"'{ShownValue.Of(text).Split('#')[0]}#...' has a fragment, which no server is sent (RFC 6455 §3); leave it out, or write %23 for '#'");
        }

        ThrowIfAltered(rest, text);
        ThrowIfUnknownZone(url!.IdnHost);
        ThrowIfUnreadable(at > 0 ? authority[..at] : "", text);
        user = at > 0 ? BasicCredentials.FromUserInfo(authority[..at]) : null;
        return user is not { FitsBasic: false }
            ? url
            : throw Refusal($"the user or password of '{ShownValue.Of(text)}' has a control character, or the user has a ':' (RFC 7617 §2)");
    }

    /// <summary>Adds the scheme that was probably meant.</summary>
    private static string WithScheme(string text)
    {
        string? scheme = Array.Find(Schemes, it => text.StartsWith($"{it}:", StringComparison.Ordinal) || text.StartsWith($"{it}/", StringComparison.Ordinal));
        return scheme is null ? $"ws{EndOfScheme}{text.TrimStart('/')}" : $"{scheme}{EndOfScheme}{text[scheme.Length..].TrimStart(':', '/')}";
    }

    /// <summary>Refuses a path or query that the runtime would send as another one: other characters are percent-encoded, which servers undo.</summary>
    private static void ThrowIfAltered(string pathAndQuery, string text)
    {
        ThrowIfBadEscape(pathAndQuery, text);
        char odd = pathAndQuery.FirstOrDefault(character => character == '\\' || char.IsControl(character));
        if (odd != '\0')
        {
            throw Refusal($"'{ShownValue.Of(text)}' has a '{EscapedText.From([odd])}'; write %{(int)odd:X2} for it");
        }
    }

    /// <summary>Refuses a user or password that stands for no text.</summary>
    private static void ThrowIfUnreadable(string userInfo, string text)
    {
        ThrowIfBadEscape(userInfo, text);
        byte[] bytes = Encoding.UTF8.GetBytes(userInfo);
        if (!Utf8.IsValid(WebUtility.UrlDecodeToBytes(bytes, 0, bytes.Length)))
        {
            throw Refusal($"the user or password of '{ShownValue.Of(text)}' is not UTF-8 where it is percent-encoded; write %25 for '%'");
        }
    }

    /// <summary>RFC 3986 §2.1: a '%' stands before two hex digits.</summary>
    private static void ThrowIfBadEscape(string part, string text)
    {
        for (int i = part.IndexOf('%', StringComparison.Ordinal); i >= 0; i = part.IndexOf('%', i + 1))
        {
            if (i + 2 >= part.Length || !char.IsAsciiHexDigit(part[i + 1]) || !char.IsAsciiHexDigit(part[i + 2]))
            {
                throw Refusal($"'{ShownValue.Of(text)}' has a '%' without two hex digits behind it (RFC 3986 §2.1); write %25 for '%'");
            }
        }
    }

    /// <summary>The zone of an IPv6 address is the number or the name of an interface.</summary>
    private static void ThrowIfUnknownZone(string host)
    {
        int percent = host.IndexOf('%', StringComparison.Ordinal);
        if (percent >= 0 && !uint.TryParse(host[(percent + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out _) &&
            IPAddress.TryParse(host, out IPAddress? address) && address.ScopeId == 0)
        {
            throw Refusal($"this machine has no network interface '{EscapedText.From(host.AsSpan(percent + 1))}'");
        }
    }

    private static UsageException Refusal(string flaw) => new($"url: {flaw}");
}
