using EchoServer.WebSockets;

namespace EchoServer.Http;

/// <summary>The head of an HTTP/1.1 response: status line and header fields (RFC 9112 §4 and §5).</summary>
/// <remarks>A view of the bytes it was read from, already checked; valid as long as they are.</remarks>
internal readonly ref struct ResponseHead(int status, ReadOnlySpan<byte> reason, HeaderFields fields, int size)
{
    // RFC 9112 §4: status-line = HTTP-version SP status-code SP [ reason-phrase ]
    private const int VersionBytes = 8;
    private const int StatusCodeBytes = 3;
    private const int ReasonStart = VersionBytes + 1 + StatusCodeBytes + 1;

    private const int FirstFinalStatus = 200;
    private const byte Space = (byte)' ';
    private const byte Tab = (byte)'\t';

    // RFC 9113 §4.1: three bytes of length, type, flags, four bytes of stream identifier.
    private const int Http2FrameHeaderBytes = 9;
    private const byte Http2Settings = 4;
    private const byte Http2GoAway = 7;

    /// <summary>The status code, 100 to 999.</summary>
    public int Status { get; } = status;

    /// <summary>The reason phrase as sent; may be empty, and means nothing (RFC 9112 §4).</summary>
    public ReadOnlySpan<byte> Reason { get; } = reason;

    /// <summary>The header fields.</summary>
    public HeaderFields Fields { get; } = fields;

    /// <summary>Bytes that the head takes, the empty line at its end included; what follows is not part of it.</summary>
    public int Size { get; } = size;

    /// <summary>Reads the head of the final answer, behind the interim answers at the start of the input.</summary>
    /// <remarks>
    /// RFC 9110 §15.2: a client must be able to read 1xx answers before the final one. A 101 is final, because HTTP ends with it.
    /// </remarks>
    public static ParseStatus ReadFinal(Span<byte> input, out int interim, out ResponseHead head, out HeadError? error)
    {
        interim = 0;
        ParseStatus status;
        while ((status = Read(input[interim..], out head, out error)) == ParseStatus.Done &&
            head.Status < FirstFinalStatus && head.Status != ClientHandshake.SwitchingProtocols)
        {
            interim += head.Size;
        }

        return status;
    }

    /// <summary>Reads the head at the start of the input, in which folded lines are unfolded.</summary>
    /// <remarks>Checks each line as soon as it is complete, not only the whole head.</remarks>
    public static ParseStatus Read(Span<byte> input, out ResponseHead head, out HeadError? error)
    {
        Unfold(input);
        ParseStatus status = ReadLines(input, out head, out error);
        if (error is { Kind: HeadErrorKind.Malformed } && input.StartsWith("HTTP/"u8))
        {
            error = error with { Kind = HeadErrorKind.Faulty };
        }

        return status;
    }

    /// <summary>
    /// RFC 9112 §5.2: "A user agent that receives an obs-fold in a response message ... MUST replace each received obs-fold with one or more
    /// SP octets prior to interpreting the field value."
    /// </summary>
    private static void Unfold(Span<byte> input)
    {
        int length = 0;
        for (int start = 0; IsBeginning(input) && (length = input[start..].IndexOf("\r\n"u8)) > 0;)
        {
            int next = start + length + HeadLine.EndBytes;

            // Behind the status line nothing is there to be continued (§2.2).
            if (start > 0 && next < input.Length && input[next] is Space or Tab)
            {
                input[(start + length)..next].Fill(Space);
            }

            start = next;
        }
    }

    private static ParseStatus ReadLines(ReadOnlySpan<byte> input, out ResponseHead head, out HeadError? error)
    {
        head = default;
        int position = 0;
        error = IsTlsAlert(input) ? new(HeadErrorKind.Tls, "it begins with a TLS alert")
            : IsHttp2(input) ? new(HeadErrorKind.Http2, "it begins with a frame of HTTP/2") : null;
        if (error is not null)
        {
            return ParseStatus.Bad;
        }

        ParseStatus status = HeadLine.Read(input, ref position, HeadRules.Response, out ReadOnlySpan<byte> line, out error);
        if (status == ParseStatus.Bad && !IsBeginning(input))
        {
            error = HeadError.Malformed($"it begins with '{EscapedText.Quote(input)}'");
        }

        if (status != ParseStatus.Done)
        {
            return status;
        }

        if (!TryReadStatusLine(line, out int code))
        {
            error = HeadError.Malformed($"the status line '{EscapedText.Quote(line)}' is not 'HTTP/1.1 status reason'");
            return ParseStatus.Bad;
        }

        status = HeaderFields.Read(input, ref position, HeadRules.Response, out HeaderFields fields, out error);
        if (status == ParseStatus.Done)
        {
            head = new ResponseHead(code, line[Math.Min(ReasonStart, line.Length)..], fields, position);
        }

        return status;
    }

    /// <summary>Whether input can be the beginning of a response, or is one.</summary>
    public static bool IsBeginning(ReadOnlySpan<byte> input) => "HTTP/1."u8.StartsWith(input[..Math.Min(input.Length, "HTTP/1."u8.Length)]);

    /// <summary>RFC 8446 §5.1: a record of type alert, and the version's first byte. A TLS server sends one to a client that speaks plain HTTP.</summary>
    private static bool IsTlsAlert(ReadOnlySpan<byte> input) => input.StartsWith("\u0015\u0003"u8);

    /// <summary>RFC 9113 §3.4 and §4.1: a server's first frame is SETTINGS, of stream 0; a server that expects HTTP/2 may also send GOAWAY alone.</summary>
    private static bool IsHttp2(ReadOnlySpan<byte> input) => input.Length >= Http2FrameHeaderBytes &&
        input[0] == 0 && input[3] is Http2Settings or Http2GoAway && input[5..Http2FrameHeaderBytes].SequenceEqual("\0\0\0\0"u8);

    private static bool TryReadStatusLine(ReadOnlySpan<byte> line, out int code)
    {
        code = 0;
        return line.Length >= ReasonStart - 1 &&
            line.StartsWith("HTTP/1."u8) && char.IsAsciiDigit((char)line[VersionBytes - 1]) && line[VersionBytes] == ' ' &&
            int.TryParse(line.Slice(VersionBytes + 1, StatusCodeBytes), NumberStyles.None, CultureInfo.InvariantCulture, out code) &&
            code >= 100 && (line.Length < ReasonStart || line[ReasonStart - 1] == ' ');
    }
}
