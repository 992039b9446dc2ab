using System.Buffers;
using System.Buffers.Text;
using System.Text.Unicode;

namespace EchoServer.Http;

/// <summary>The server's side of the opening handshake (RFC 6455 §4.2).</summary>
/// <remarks>Pure and without state: safe on any thread.</remarks>
internal static class Handshake
{
    /// <summary>The version of the protocol that this server speaks (RFC 6455 §4.1).</summary>
    public const string Version = "13";

    /// <summary>RFC 6455 §4.1: "a nonce consisting of a randomly selected 16-byte value that has been base64-encoded".</summary>
    public const int KeyBytes = 16;

    /// <summary>The length of <c>Sec-WebSocket-Accept</c>: SHA-1 is 20 bytes, in base64 28 characters.</summary>
    public const int AcceptCharacters = 28;

    // Of the answer, all but the subprotocol, which comes out of the request's head.
    private const int MaxFixedResponseBytes = 512;

    private const int KeyCharacters = 24;

    // RFC 4648 §4.
    private static readonly SearchValues<byte> Base64Bytes = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8);

    // RFC 6455 §1.3.
    private static ReadOnlySpan<byte> KeyGuid => "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"u8;

    /// <summary>Judges an upgrade request.</summary>
    /// <returns>Null when the request can be accepted with <see cref="WriteResponse"/>, otherwise why it is refused.</returns>
    /// <remarks>Guard clauses in the order in which a person would want to hear of them, one status each.</remarks>
    public static HttpRejection? Check(RequestHead head) =>
        PlainRequest.Check(head, isHandshake: true) ?? CheckUpgrade(head) ?? CheckNoContent(head) ?? CheckWebSocketFields(head);

    /// <summary>Judges whose page asks: browsers say so, others send no Origin, and could send any (RFC 6455 §10.2, §4.2.2).</summary>
    /// <returns>Null when the page may connect, as any may where the list is empty; otherwise the refusal.</returns>
    public static HttpRejection? CheckOrigin(RequestHead head, IReadOnlyList<string> allowedOrigins)
    {
        if (allowedOrigins.Count == 0 || head.Find("Origin"u8, out ReadOnlySpan<byte> origin) == 0 ||
            allowedOrigins.Contains(Encoding.Latin1.GetString(origin), StringComparer.OrdinalIgnoreCase))
        {
            return null;
        }

        return new(HttpStatus.Forbidden, $"Pages from the origin '{EscapedText.Quote(origin)}' may not connect here.");
    }

    /// <summary>The subprotocol to answer with: the first that the client offers (RFC 6455 §4.2.2, /subprotocol/).</summary>
    /// <returns>Empty when the client offers none. Browsers fail a connection whose offers are all turned down.</returns>
    public static ReadOnlySpan<byte> SelectSubProtocol(RequestHead head)
    {
        ReadOnlySpan<byte> offers = head.Fields.List("Sec-WebSocket-Protocol"u8);
        foreach (Range range in offers.Split((byte)','))
        {
            // RFC 9110 §5.6.1.2: "A recipient MUST parse and ignore a reasonable number of empty list elements".
            ReadOnlySpan<byte> offer = HeaderFields.TrimWhiteSpace(offers[range]);
            if (!offer.IsEmpty)
            {
                return offer;
            }
        }

        return default;
    }

    /// <summary>Writes the 101 answer (RFC 6455 §4.2.2).</summary>
    /// <param name="head">A head that <see cref="Check"/> accepts.</param>
    /// <param name="destination">At least as long as <see cref="MaxResponseBytes"/> says.</param>
    /// <param name="extensions">In ASCII; null for none.</param>
    /// <param name="subprotocol">In ASCII; null for that of <see cref="SelectSubProtocol"/>.</param>
    /// <returns>The number of bytes written.</returns>
    public static int WriteResponse(RequestHead head, Span<byte> destination, string? extensions = null, string? subprotocol = null)
    {
        head.Find("Sec-WebSocket-Key"u8, out ReadOnlySpan<byte> key);
        Span<byte> accept = stackalloc byte[AcceptCharacters];
        WriteAccept(key, accept);
        ReadOnlySpan<byte> chosen = subprotocol is null ? SelectSubProtocol(head) : Encoding.ASCII.GetBytes(subprotocol);
        Utf8.TryWrite(
            destination,
            $"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}" +
            $"{(chosen.IsEmpty ? "" : "\r\nSec-WebSocket-Protocol: ")}{chosen}" +
            $"{(extensions is null ? "" : "\r\nSec-WebSocket-Extensions: ")}{extensions}\r\n\r\n",
            out int written);
        return written;
    }

    /// <summary>Computes the most bytes that <see cref="WriteResponse"/> needs for a head.</summary>
    public static int MaxResponseBytes(RequestHead head) => head.Size + MaxFixedResponseBytes;

    /// <summary>Writes the <see cref="AcceptCharacters"/> that prove that a key of 24 characters was read (RFC 6455 §4.2.2, step 5.4).</summary>
    public static void WriteAccept(ReadOnlySpan<byte> key, Span<byte> destination)
    {
        Span<byte> input = stackalloc byte[KeyCharacters + KeyGuid.Length];
        key.CopyTo(input);
        KeyGuid.CopyTo(input[KeyCharacters..]);

        // SHA-1 is what the protocol asks for; nothing secret hangs on it (RFC 6455 §10.8).
        Span<byte> hash = stackalloc byte[Sha1.HashBytes];
        Sha1.Hash(input, hash);
        Base64.EncodeToUtf8(hash, destination, out _, out _);
    }

    private static HttpRejection? CheckUpgrade(RequestHead head)
    {
        // RFC 6455 §4.2.1 with the tokens in any case (RFC 9110 §7.8), lists and repeated fields included.
        bool upgrade = head.Fields.ListContains("Upgrade"u8, "websocket"u8);
        bool connection = head.Fields.ListContains("Connection"u8, "Upgrade"u8);
        if (upgrade && connection)
        {
            return null;
        }

        if (upgrade)
        {
            return BadRequest("the header Connection must contain the token 'Upgrade'");
        }

        return new(
            HttpStatus.UpgradeRequired,
            head.Find("Sec-WebSocket-Key"u8, out _) > 0
                ? "This is a WebSocket request that lost its 'Upgrade: websocket' header, perhaps to a proxy on the way."
                : "This is a WebSocket server: connect to it with a WebSocket client.");
    }

    /// <summary>What follows the head is frames (RFC 9110 §7.8: the protocol changes after the request, not inside its content).</summary>
    private static HttpRejection? CheckNoContent(RequestHead head)
    {
        int lengths = head.Find("Content-Length"u8, out ReadOnlySpan<byte> length);
        bool hasContent = lengths > 1 || (lengths == 1 && !length.SequenceEqual("0"u8));
        return hasContent || head.Find("Transfer-Encoding"u8, out _) > 0 ? BadRequest("the request must not have content") : null;
    }

    private static HttpRejection? CheckWebSocketFields(RequestHead head)
    {
        // RFC 6455 §4.2.2: another version is answered with 426 and the versions that are spoken; §4.4.
        int versions = head.Find("Sec-WebSocket-Version"u8, out ReadOnlySpan<byte> version);
        if (versions != 1)
        {
            return BadRequest("exactly one Sec-WebSocket-Version header is needed");
        }

        if (!Ascii.Equals(version, Version))
        {
            return new(HttpStatus.UpgradeRequired, $"WebSocket version '{EscapedText.Quote(version)}' is not supported: use {Version}.");
        }

        // RFC 6455 §11.3.1: the key header "MUST NOT appear more than once in an HTTP request".
        if (head.Find("Sec-WebSocket-Key"u8, out ReadOnlySpan<byte> key) != 1)
        {
            return BadRequest("exactly one Sec-WebSocket-Key header is needed");
        }

        if (!IsKey(key))
        {
            return BadRequest($"Sec-WebSocket-Key '{EscapedText.Quote(key)}' is not {KeyBytes} bytes in base64");
        }

        ReadOnlySpan<byte> subProtocol = SelectSubProtocol(head);
        return subProtocol.IsEmpty || HeaderFields.IsToken(subProtocol)
            ? null
            : BadRequest($"the subprotocol '{EscapedText.Quote(subProtocol)}' is not a token");
    }

    /// <summary>Whether it decodes to 16 bytes: 22 characters and the padding.</summary>
    /// <remarks>The last character has four bits to spare, which RFC 4648 §3.5 lets a decoder ignore; the example of RFC 6455 §4.1 has one set.</remarks>
    private static bool IsKey(ReadOnlySpan<byte> key) =>
        key.Length == KeyCharacters && key.EndsWith("=="u8) && !key[..^2].ContainsAnyExcept(Base64Bytes);

    private static HttpRejection BadRequest(string reason) => new(HttpStatus.BadRequest, $"Bad WebSocket handshake: {reason}.");
}
