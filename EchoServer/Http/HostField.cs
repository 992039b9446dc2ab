using System.Buffers;
using EchoServer.Text;

namespace EchoServer.Http;

/// <summary>The <c>Host</c> field, which every request to a server must have right (RFC 9112 §3.2).</summary>
/// <remarks>Pure and without state: safe on any thread.</remarks>
internal static class HostField
{
    // RFC 3986 §3.2.2: what a host and port are made of; a list or a path is not one.
    private static readonly SearchValues<byte> HostBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+;=%:[]"u8);

    /// <summary>Judges the field.</summary>
    /// <param name="head">The request's head.</param>
    /// <param name="mayBeMissing">True for HTTP/1.0, which did not have the field.</param>
    /// <returns>Null when it is valid, otherwise the flaw as a sentence part.</returns>
    public static string? Check(RequestHead head, bool mayBeMissing = false)
    {
        // RFC 9112 §3.2: "A server MUST respond with a 400 ... to any HTTP/1.1 request message that lacks a Host header field
        // and to any request message that contains more than one Host header field".
        int found = head.Find("Host"u8, out ReadOnlySpan<byte> host);
        if (found != 1 && !(found == 0 && mayBeMissing))
        {
            return "exactly one Host header is needed";
        }

        return host.ContainsAnyExcept(HostBytes) ? $"'{EscapedText.Quote(host)}' is not a host" : null;
    }
}
