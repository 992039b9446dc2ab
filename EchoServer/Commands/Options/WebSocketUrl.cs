using System.Buffers;
using System.Net;
using EchoServer.Connect;
using EchoServer.Http;

namespace EchoServer.Commands.Options;

/// <summary>The URL that a client command is given.</summary>
internal static class WebSocketUrl
{
    /// <summary>The accepted URLs, for the help text.</summary>
    internal const string Description =
        "Where to connect: ws://, wss://, http:// (means ws) or https:// (means wss). Without a scheme, localhost, a private address and any port but 443 mean ws, everything else wss.";

    private const string EndOfScheme = "://";
    private const int HttpsPort = 443;

    // RFC 4193 §3.1 and RFC 4291 §2.5.6 are known to the runtime. RFC 1918 §3 and RFC 3927 §1, and with them what a machine has for itself.
    private static readonly IPNetwork[] PrivateNetworks =
        [.. ((string[])["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"]).Select(text => IPNetwork.Parse(text))];

    // RFC 3986 §3.1.
    private static readonly SearchValues<char> SchemeCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-.");

    private static readonly string[] Schemes = ["ws", "wss", "http", "https"];

    /// <summary>Reads a ws, wss, http or https URL as it was typed, and the user and password in it (RFC 3986 §3.2.1); null for none.</summary>
    /// <returns>A ws or wss URL without user and password: a message may show it.</returns>
    /// <exception cref="UsageException">It is not such a URL.</exception>
    internal static Uri Parse(string text, out BasicCredentials? user)
    {
        string typed = text.Trim();
        string whole = HasScheme(typed) ? typed : $"{MeantScheme(typed, text)}{EndOfScheme}{typed}";
        int end = whole.IndexOf(EndOfScheme, StringComparison.Ordinal);
        string scheme = whole[..end].ToLowerInvariant() switch
        {
            "ws" or "http" => "ws",
            "wss" or "https" => "wss",
            string other => throw NotUrl(text, NearName.Find(other, Schemes) is string near ? near + whole[end..] : null),
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

        // A port without a number, and a second scheme.
        if (authority.EndsWith(':') && rest.StartsWith("//", StringComparison.Ordinal))
        {
            throw NotUrl(text, whole[(end + EndOfScheme.Length)..]);
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

    /// <summary>Whether a URL has a scheme, of whatever kind: "://" may also stand in a query.</summary>
    internal static bool HasScheme(string text)
    {
        string typed = text.TrimStart();
        int end = typed.IndexOf(EndOfScheme, StringComparison.Ordinal);
        return end > 0 && typed.AsSpan(0, end).IndexOfAnyExcept(SchemeCharacters) < 0;
    }

    /// <summary>Chooses the scheme for a host, with or without a port, that was typed without one.</summary>
    private static string MeantScheme(string typed, string text)
    {
        // "ws:/host", "ws//host", "//host".
        string broken = Array.Find(Schemes, it => typed.StartsWith($"{it}:", StringComparison.OrdinalIgnoreCase) || typed.StartsWith($"{it}//", StringComparison.OrdinalIgnoreCase)) ?? "";
        string rest = typed[broken.Length..].TrimStart(broken.Length > 0 ? [':', '/'] : ['/']);
        string authority = HostUrl.Authority(EndOfScheme + rest);
        string host = authority[(authority.LastIndexOf('@') + 1)..];
        if (!host.StartsWith("::", StringComparison.Ordinal) && host.TrimStart(':') is { Length: > 0 } port && port.All(char.IsAsciiDigit))
        {
            throw Refusal($"'{ShownValue.Of(text)}' has a port and no host", $"localhost:{rest.TrimStart(':')}");
        }

        bool isOther = authority.EndsWith(':') || authority.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase);
        string scheme = broken.Length > 0 ? broken : IsWithoutTls(host) ? "ws" : "wss";
        return !isOther && rest.Length == typed.Length ? scheme
            : throw NotUrl(text, isOther || host.Length == 0 ? null : $"{scheme}{EndOfScheme}{rest}");
    }

    /// <summary>Whether a server is likely to speak no TLS: on this machine, in a private network, or on a port of its own.</summary>
    private static bool IsWithoutTls(string hostAndPort)
    {
        int colon = hostAndPort.EndsWith(']') ? -1 : hostAndPort.LastIndexOf(':');
        if (colon >= 0)
        {
            return hostAndPort[(colon + 1)..] != $"{HttpsPort}";
        }

        string host = hostAndPort.TrimEnd('.');
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase) ||
            (IPAddress.TryParse(host, out IPAddress? address) &&
                (IPAddress.IsLoopback(address) || address.IsIPv6LinkLocal || address.IsIPv6UniqueLocal || Array.Exists(PrivateNetworks, network => network.Contains(address))));
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
        if (!PercentEncoding.TryDecode(userInfo, out _))
        {
            throw Refusal($"the user or password of '{ShownValue.Of(text)}' is not UTF-8 where it is percent-encoded; write %25 for '%'");
        }
    }

    /// <summary>RFC 3986 §2.1: a '%' stands before two hex digits.</summary>
    private static void ThrowIfBadEscape(string part, string text)
    {
        if (part.Split('%').Skip(1).Any(rest => rest.TakeWhile(char.IsAsciiHexDigit).Take(2).Count() < 2))
        {
            throw Refusal($"'{ShownValue.Of(text)}' has a '%' without two hex digits behind it (RFC 3986 §2.1); write %25 for '%'");
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

    private static UsageException NotUrl(string text, string? meant) =>
        Refusal($"'{ShownValue.Of(text)}' is not a ws://, wss://, http:// or https:// URL, or a host with or without a port", meant);

    private static UsageException Refusal(string flaw, string? meant = null) =>
        new($"url: {flaw}{(meant is null ? "" : $". Did you mean {ShownValue.Of(meant)}?")}");
}
