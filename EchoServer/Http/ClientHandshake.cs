namespace EchoServer.Http;

/// <summary>The client's side of the opening handshake (RFC 6455 §4.1).</summary>
/// <remarks>Pure and without state: safe on any thread.</remarks>
internal static class ClientHandshake
{
    /// <summary>The status of an answer that agrees (RFC 9110 §15.2.2).</summary>
    public const int SwitchingProtocols = 101;

    /// <summary>Judges an answer whose status is 101.</summary>
    /// <returns>Null when the handshake is complete, otherwise the flaw as a sentence part.</returns>
    public static string? Check(ResponseHead head, string key, IReadOnlyList<string>? subprotocols = null, bool offersDeflate = false)
    {
        if (!head.Fields.ListContains("Upgrade"u8, "websocket"u8))
        {
            return "the answer has no 'Upgrade: websocket'";
        }

        if (!head.Fields.ListContains("Connection"u8, "Upgrade"u8))
        {
            return "the answer has no 'Connection: Upgrade'";
        }

        // RFC 6455 §11.3.2 to §11.3.4: each of them "MUST NOT appear more than once in an HTTP response".
        foreach (string name in (string[])["Sec-WebSocket-Accept", "Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"])
        {
            if (head.Fields.Find(Encoding.ASCII.GetBytes(name), out _) is > 1 and int count)
            {
                return $"the answer has {name} {count} times, and it may be there once";
            }
        }

        Span<byte> expected = stackalloc byte[Handshake.AcceptCharacters];
        Handshake.WriteAccept(Encoding.ASCII.GetBytes(key), expected);
        if (head.Fields.Find("Sec-WebSocket-Accept"u8, out ReadOnlySpan<byte> accept) == 0)
        {
            return "the answer has no 'Sec-WebSocket-Accept'";
        }

        if (!accept.SequenceEqual(expected))
        {
            return $"Sec-WebSocket-Accept '{EscapedText.Quote(accept)}' does not belong to the key that was sent";
        }

        // RFC 6455 §4.1, steps 5 and 6: the server must not agree to anything that the client did not offer.
        if (head.Fields.Find("Sec-WebSocket-Extensions"u8, out ReadOnlySpan<byte> extensions) > 0 && !extensions.IsEmpty &&
            !(offersDeflate && DeflateOffer.TryReadAnswer(extensions, out _)))
        {
            return $"the answer agrees on an extension that was not offered: '{EscapedText.Quote(extensions)}'";
        }

        return head.Fields.Find("Sec-WebSocket-Protocol"u8, out ReadOnlySpan<byte> protocol) > 0 &&
            subprotocols?.Contains(Encoding.Latin1.GetString(protocol)) != true
            ? $"the answer agrees on a subprotocol that was not offered: '{EscapedText.Quote(protocol)}'"
            : null;
    }
}
