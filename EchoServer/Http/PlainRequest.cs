using System.Text;
using EchoServer.Text;

namespace EchoServer.Http;

/// <summary>A request that asks for no WebSocket: what this server demands of it (RFC 9110, RFC 9112).</summary>
/// <remarks>Pure and without state: safe on any thread.</remarks>
internal static class PlainRequest
{
    /// <summary>The methods that are answered.</summary>
    public const string AllowedMethods = "GET, HEAD";

    /// <summary>Whether the request asks for a WebSocket, be it in vain: then <see cref="Handshake"/> judges it.</summary>
    /// <returns>
    /// True for an upgrade to <c>websocket</c>, and for any <c>Sec-WebSocket-</c> field: a router that drops <c>Upgrade</c> leaves
    /// them. Offers of other protocols are ignored (RFC 9110 §7.8: "A server MAY ignore a received Upgrade header field").
    /// </returns>
    public static bool AsksForWebSocket(RequestHead head)
    {
        ReadOnlySpan<byte> prefix = "Sec-WebSocket-"u8;
        foreach (HeaderFields.Field field in head.Fields)
        {
            if (field.Name.Length > prefix.Length && Ascii.EqualsIgnoreCase(field.Name[..prefix.Length], prefix))
            {
                return true;
            }
        }

        return head.Fields.ListContains("Upgrade"u8, "websocket"u8);
    }

    /// <summary>Whether the answer ends with its head (RFC 9110 §9.3.2).</summary>
    public static bool IsHead(RequestHead head) => head.Method.SequenceEqual("HEAD"u8);

    /// <summary>Judges a request, its path aside.</summary>
    /// <returns>Null when it can be answered, otherwise why it is refused.</returns>
    public static HttpRejection? Check(RequestHead head)
    {
        bool isOld = head.Version.SequenceEqual("HTTP/1.0"u8);
        if (!isOld && !head.IsHttp11)
        {
            return new(HttpStatus.HttpVersionNotSupported, $"'{EscapedText.Quote(head.Version)}' is not supported: use HTTP/1.1.");
        }

        if (!IsHead(head) && !head.Method.SequenceEqual("GET"u8))
        {
            return new(HttpStatus.MethodNotAllowed, $"The method '{EscapedText.Quote(head.Method)}' is not allowed: use GET or HEAD.")
            {
                Allow = AllowedMethods,
            };
        }

        if (HostField.Check(head, mayBeMissing: isOld) is string reason)
        {
            return new(HttpStatus.BadRequest, $"Malformed request: {reason}.");
        }

        return head.Path.IsEmpty || head.Path[0] != '/'
            ? new(HttpStatus.BadRequest, $"Malformed request: the target '{EscapedText.Quote(head.Target)}' does not begin with '/'.")
            : null;
    }
}
