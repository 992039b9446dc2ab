namespace EchoServer.Http;

/// <summary>A request that asks for no WebSocket, and what every request must have right (RFC 9110, RFC 9112).</summary>
/// <remarks>Pure and without state: safe on any thread.</remarks>
internal static class PlainRequest
{
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

    /// <summary>Judges version, method, host and target. A handshake is not in HTTP/1.0, and only with GET.</summary>
    /// <returns>Null when it can be answered, otherwise why it is refused.</returns>
    public static HttpRejection? Check(RequestHead head, bool isHandshake = false)
    {
        bool isOld = !isHandshake && head.Version.SequenceEqual("HTTP/1.0"u8);
        if (!isOld && !head.IsHttp11)
        {
            return new(HttpStatus.HttpVersionNotSupported, $"'{EscapedText.Quote(head.Version)}' is not supported: use HTTP/1.1.");
        }

        // RFC 6455 §4.2.1: "The method of the request MUST be GET".
        if (!head.Method.SequenceEqual("GET"u8) && (isHandshake || !IsHead(head)))
        {
            string methods = isHandshake ? "GET" : "GET or HEAD";
            return new(HttpStatus.MethodNotAllowed, $"The method '{EscapedText.Quote(head.Method)}' is not allowed: use {methods}.")
            {
                Allow = isHandshake ? "GET" : "GET, HEAD",
            };
        }

        (string kind, string target) = isHandshake ? ("Bad WebSocket handshake", "the request target") : ("Malformed request", "the target");
        bool isPath = head.Path.StartsWith("/"u8);
        string? flaw = HostField.Check(head, mayBeMissing: isOld) ?? (isPath ? null : $"{target} '{EscapedText.Quote(head.Target)}' does not begin with '/'");
        return flaw is null ? null : new(HttpStatus.BadRequest, $"{kind}: {flaw}.");
    }

    /// <summary>Whether the client has the representation with this tag already, so that 304 is the answer (RFC 9110 §8.8.3, §13.1.2).</summary>
    /// <returns>True when <c>If-None-Match</c> names the tag, a strong one with its quotes, or is <c>*</c>.</returns>
    /// <remarks>RFC 9110 §13.1.2: "A recipient MUST use the weak comparison function": a <c>W/</c> before a tag does not matter.</remarks>
    public static bool Knows(RequestHead head, ReadOnlySpan<byte> tag)
    {
        // A tag of ours holds no comma, so what a split does to other people's tags cannot make one equal to it.
        ReadOnlySpan<byte> list = head.Fields.List("If-None-Match"u8);
        foreach (Range range in list.Split((byte)','))
        {
            ReadOnlySpan<byte> known = HeaderFields.TrimWhiteSpace(list[range]);
            known = known.StartsWith("W/"u8) ? known["W/"u8.Length..] : known;
            if (known.SequenceEqual(tag) || known.SequenceEqual("*"u8))
            {
                return true;
            }
        }

        return false;
    }
}
