using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace EchoServer.Http;

/// <summary>The <c>Host</c> field, which every request to a server must have right (RFC 9112 §3.2).</summary>
/// <remarks>Pure and without state: safe on any thread.</remarks>
internal static partial class HostField
{
    // A name in DNS is shorter.
    private const int MaxOnStack = 512;

    /// <summary>Judges the field, and the authority of a target in absolute-form, which stands in for it (RFC 9112 §3.2.2).</summary>
    /// <returns>Null when it is valid, otherwise the flaw as a sentence part.</returns>
    /// <remarks>It may be missing in HTTP/1.0, which did not have the field.</remarks>
    public static string? Check(RequestHead head, bool mayBeMissing)
    {
        // RFC 9112 §3.2: "A server MUST respond with a 400 ... to any HTTP/1.1 request message that lacks a Host header field
        // and to any request message that contains more than one Host header field line or a Host header field with an invalid
        // field value".
        int found = head.Find("Host"u8, out ReadOnlySpan<byte> host);
        if (found != 1 && !(found == 0 && mayBeMissing))
        {
            return "exactly one Host header is needed";
        }

        // An empty value is that of a target without an authority.
        if (!host.IsEmpty && !IsAuthority(host))
        {
            return $"'{EscapedText.Quote(host)}' is not a host";
        }

        return head.HasAuthority && !IsAuthority(head.Authority) ? $"'{EscapedText.Quote(head.Authority)}' is not a host" : null;
    }

    private static bool IsAuthority(ReadOnlySpan<byte> value)
    {
        Span<char> text = value.Length <= MaxOnStack ? stackalloc char[value.Length] : new char[value.Length];
        Encoding.Latin1.GetChars(value, text);
        return Authority().IsMatch(text) && (text[0] != '[' || text[1] is 'v' or 'V' ||
            (IPAddress.TryParse(text[1..text.IndexOf(']')], out IPAddress? address) && address.AddressFamily == AddressFamily.InterNetworkV6));
    }

    // RFC 9110 §7.2: uri-host [ ":" port ]; §4.2.1: a recipient must reject an empty host. RFC 3986 §3.2.2: a host is an IPv6 address, or an
    // address of a later version, in brackets, or a name, which every IPv4 address is as well.
    [GeneratedRegex(
        """
        \A( \[[0-9A-F:.]+\] | \[V[0-9A-F]+\.[-.~_0-9A-Z!$&'()*+,;=:]+\] | ([-.~_0-9A-Z!$&'()*+,;=] | %[0-9A-F]{2})+ )(:[0-9]*)?\z
        """,
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Authority();
}
