using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace EchoServer.Http;

/// <summary>Reads absolute URLs with a host that can be connected to.</summary>
internal static class HostUrl
{
    private const string EndOfScheme = "://";
    private const string HostStart = "://[";
    private const string EncodedPercent = "%25";

    /// <inheritdoc cref="Read"/>
    /// <returns>False when it cannot be read.</returns>
    internal static bool TryParse(string text, [NotNullWhen(true)] out Uri? url) => Read(text, out url) is null && url is not null;

    /// <summary>Reads a URL.</summary>
    /// <param name="text">The URL, without user and password.</param>
    /// <param name="url">The URL, whose host has a form in ASCII.</param>
    /// <returns>Null when it can be read; otherwise the faulty part, escaped, and the flaw: "the port '0'", "is not ...".</returns>
    internal static (string Part, string Flaw)? Read(string text, out Uri? url)
    {
        url = null;
        text = text.Trim();
        string authority = Authority(text);
        int end = authority.StartsWith('[') ? authority.IndexOf(']', StringComparison.Ordinal) + 1 : authority.IndexOf(':', StringComparison.Ordinal);
        string host = end < 0 ? authority : authority[..end];
        string port = end < 0 ? "" : authority[end..];
        if (FlawOfShape(authority, host, port) is { } flaw)
        {
            return flaw;
        }

        // RFC 3986 §3.2.3: the port may be empty. No connection goes to port 0.
        if (port.Length > 1 && !(ushort.TryParse(port[1..], NumberStyles.None, CultureInfo.InvariantCulture, out ushort number) && number > 0))
        {
            return (Quoted("port", port[1..]), "is not a number from 1 to 65535");
        }

        try
        {
            if (Uri.TryCreate(WithPlainZone(text), UriKind.Absolute, out url) && url.IdnHost.Length > 0 && !IsWrongAddress(url))
            {
                return null;
            }
        }
        catch (UriFormatException)
        {
            // A label that is too long, or has characters that no name may have.
        }

        url = null;
        return (Quoted("host", host), FlawOfHost(host));
    }

    /// <summary>The part between "://" and the path: host and port.</summary>
    internal static string Authority(string text)
    {
        int start = text.IndexOf(EndOfScheme, StringComparison.Ordinal);
        return start < 0 ? "" : text[(start + EndOfScheme.Length)..].Split('/', '?', '#', '\\')[0];
    }

    private static (string Part, string Flaw)? FlawOfShape(string authority, string host, string port)
    {
        bool isBracketed = authority.StartsWith('[');
        return isBracketed && (host.Length == 0 || (port.Length > 0 && port[0] != ':')) ? (Quoted("host", authority), "has no ']' at its end")
            : host.Length == 0 && !port.StartsWith("::", StringComparison.Ordinal) ? ("the host", "is missing")
            : !isBracketed && IPAddress.TryParse(authority, out IPAddress? address) && address.AddressFamily == AddressFamily.InterNetworkV6
                ? (Quoted("host", authority), "is an IPv6 address without brackets ([::1], [::1]:8080)")
            : null;
    }

    /// <summary>Whether browsers take the host for an IPv4 address that it is not (URL Standard, "ends in a number"). No name ends so.</summary>
    private static bool IsWrongAddress(Uri url)
    {
        string last = url.IdnHost.TrimEnd('.').Split('.')[^1];
        return url.HostNameType == UriHostNameType.Dns && (last.All(char.IsAsciiDigit) ||
            (last.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && last.Skip(2).All(char.IsAsciiHexDigit)));
    }

    /// <summary>Names the flaw of a host that the runtime does not take.</summary>
    private static string FlawOfHost(string host)
    {
        if (host.StartsWith('['))
        {
            return "is not an IPv6 address";
        }

        // NUL for none.
        char odd = host.FirstOrDefault(character => char.IsAscii(character) && !char.IsAsciiLetterOrDigit(character) && character is not ('-' or '.' or '_'));
        return odd != '\0' ? $"has a '{EscapedText.From([odd])}'"
            : host.StartsWith('.') || host.Contains("..", StringComparison.Ordinal) ? "has nothing before a dot"
            : "is not a host name or an address";
    }

    private static string Quoted(string part, string text) => $"the {part} '{EscapedText.Quote(Encoding.UTF8.GetBytes(text))}'";

    /// <summary>RFC 6874 §2: a URL has "%25" before the zone of an IPv6 address. The operating system wants '%'.</summary>
    private static string WithPlainZone(string text)
    {
        int start = text.IndexOf(HostStart, StringComparison.Ordinal);
        int end = start < 0 ? -1 : text.IndexOf(']', start);
        int percent = end < 0 ? -1 : text.IndexOf(EncodedPercent, start, end - start, StringComparison.Ordinal);
        return percent < 0 || percent + EncodedPercent.Length == end ? text : text.Remove(percent + 1, EncodedPercent.Length - 1);
    }
}
