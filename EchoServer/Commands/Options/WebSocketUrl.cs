using System.Globalization;
using System.Net;
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
    /// <returns>A ws or wss URL without user, password and fragment: a message may show it.</returns>
    /// <exception cref="UsageException">It is not such a URL.</exception>
    internal static Uri Parse(string text, out BasicCredentials? user)
    {
        user = null;
        int end = text.IndexOf(EndOfScheme, StringComparison.Ordinal);
        string? scheme = (end < 0 ? "" : text[..end].Trim().ToLowerInvariant()) switch
        {
            "ws" or "http" => "ws",
            "wss" or "https" => "wss",
            _ => null,
        };
        if (scheme is null)
        {
            throw Refusal(text);
        }

        // RFC 6455 §3: "Fragment identifiers ... MUST NOT be used" in a WebSocket URL.
        string rest = text[(end + EndOfScheme.Length)..].Split('#')[0];
        string authority = rest.Split('/', '?', '\\')[0];
        int at = authority.LastIndexOf('@');
        if (!HostUrl.TryParse($"{scheme}{EndOfScheme}{rest[(at + 1)..]}", out Uri? url))
        {
            throw Refusal(text);
        }

        ThrowIfUnknownZone(url.IdnHost);
        user = at > 0 ? BasicCredentials.FromUserInfo(authority[..at]) : null;
        return url;
    }

    /// <summary>The zone of an IPv6 address is the number or the name of an interface.</summary>
    private static void ThrowIfUnknownZone(string host)
    {
        int percent = host.IndexOf('%', StringComparison.Ordinal);
        if (percent >= 0 && !uint.TryParse(host[(percent + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out _) &&
            IPAddress.TryParse(host, out IPAddress? address) && address.ScopeId == 0)
        {
            throw new UsageException($"url: this machine has no network interface '{EscapedText.From(host.AsSpan(percent + 1))}'");
        }
    }

    private static UsageException Refusal(string text) => new($"url: {Flaw(WithoutUser(text))}");

    /// <summary>Names the flaw of a URL, and the URL that was probably meant.</summary>
    private static string Flaw(string text)
    {
        string shown = EscapedText.From(text.AsSpan());
        bool hasScheme = text.Contains(EndOfScheme, StringComparison.Ordinal);
        string? scheme = Array.Find(Schemes, it => text.StartsWith($"{it}:", StringComparison.Ordinal) || text.StartsWith($"{it}/", StringComparison.Ordinal));
        string url = hasScheme ? text : $"{scheme ?? "ws"}{EndOfScheme}{text[(scheme?.Length ?? 0)..].TrimStart(':', '/')}";
        string rest = url[(url.IndexOf(EndOfScheme, StringComparison.Ordinal) + EndOfScheme.Length)..];
        string authority = rest.Split('/', '?', '#')[0];
        int colon = authority.LastIndexOf(':');
        if (colon > authority.LastIndexOfAny(['@', ']']) && colon + 1 < authority.Length && !SettingParsers.TryParsePort(authority[(colon + 1)..], out _))
        {
            return $"the port '{EscapedText.From(authority.AsSpan(colon + 1))}' of '{shown}' is not a number from 1 to 65535";
        }

        string problem = $"'{shown}' is not a ws://, wss://, http:// or https:// URL";
        return !hasScheme && Uri.TryCreate(url, UriKind.Absolute, out _) ? $"{problem}: write {EscapedText.From(url.AsSpan())}" : problem;
    }

    /// <summary>Hides the part before an '@': it may be a password, whatever else is wrong with the URL.</summary>
    private static string WithoutUser(string text)
    {
        int scheme = text.IndexOf(EndOfScheme, StringComparison.Ordinal);
        int start = scheme < 0 ? 0 : scheme + EndOfScheme.Length;
        int at = text.LastIndexOf('@');
        return at < start ? text : $"{text[..start]}...{text[at..]}";
    }
}
