using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using EchoServer.Text;

namespace EchoServer.Http;

/// <summary>The <c>Host</c> field, which every request to a server must have right (RFC 9112 §3.2).</summary>
/// <remarks>Pure and without state: safe on any thread.</remarks>
internal static class HostField
{
    private const string Unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    private const string SubDelimiters = "!$&'()*+,;=";

    // RFC 3986 §3.2.2: what a name is made of beside percent-encoded bytes, and what an address of a later version is.
    private static readonly SearchValues<byte> NameBytes = SearchValues.Create(Encoding.ASCII.GetBytes(Unreserved + SubDelimiters));
    private static readonly SearchValues<byte> FutureAddressBytes = SearchValues.Create(Encoding.ASCII.GetBytes(Unreserved + SubDelimiters + ":"));
    private static readonly SearchValues<byte> Ipv6Bytes = SearchValues.Create("0123456789abcdefABCDEF:."u8);
    private static readonly SearchValues<byte> Digits = SearchValues.Create("0123456789"u8);
    private static readonly SearchValues<byte> HexDigits = SearchValues.Create("0123456789abcdefABCDEF"u8);

    /// <summary>Judges the field, and the authority of a target in absolute-form, which stands in for it (RFC 9112 §3.2.2).</summary>
    /// <param name="head">The request's head.</param>
    /// <param name="mayBeMissing">True for HTTP/1.0, which did not have the field.</param>
    /// <returns>Null when it is valid, otherwise the flaw as a sentence part.</returns>
    public static string? Check(RequestHead head, bool mayBeMissing = false)
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

    /// <summary>RFC 9110 §7.2: uri-host [ ":" port ]. RFC 9110 §4.2.1: a recipient must reject an empty host.</summary>
    private static bool IsAuthority(ReadOnlySpan<byte> value)
    {
        int end = value.StartsWith("["u8) ? value.IndexOf((byte)']') + 1 : value.IndexOf((byte)':');
        end = end < 0 ? value.Length : end;
        ReadOnlySpan<byte> host = value[..end];
        ReadOnlySpan<byte> port = value[end..];
        bool isPort = port.IsEmpty || (port[0] == ':' && !port[1..].ContainsAnyExcept(Digits));
        return !host.IsEmpty && isPort && (host[0] == '[' ? IsAddress(host[1..^1]) : IsName(host));
    }

    /// <summary>RFC 3986 §3.2.2: IPv6address or IPvFuture, what an IP-literal has between its brackets.</summary>
    private static bool IsAddress(ReadOnlySpan<byte> address)
    {
        if (!address.StartsWith("v"u8) && !address.StartsWith("V"u8))
        {
            return !address.ContainsAnyExcept(Ipv6Bytes) && IPAddress.TryParse(Encoding.ASCII.GetString(address), out IPAddress? parsed) &&
                parsed.AddressFamily == AddressFamily.InterNetworkV6;
        }

        int dot = address.IndexOf((byte)'.');
        return dot > 1 && dot < address.Length - 1 && !address[1..dot].ContainsAnyExcept(HexDigits) &&
            !address[(dot + 1)..].ContainsAnyExcept(FutureAddressBytes);
    }

    /// <summary>RFC 3986 §3.2.2: reg-name, which every IPv4 address is as well.</summary>
    private static bool IsName(ReadOnlySpan<byte> name)
    {
        // Percent-encoded bytes have two hex digits behind the '%'.
        foreach (Range range in name.Split((byte)'%'))
        {
            ReadOnlySpan<byte> part = name[range];
            bool isEncoded = range.Start.Value > 0;
            if (part.ContainsAnyExcept(NameBytes) || (isEncoded && (part.Length < 2 || part[..2].ContainsAnyExcept(HexDigits))))
            {
                return false;
            }
        }

        return true;
    }
}
