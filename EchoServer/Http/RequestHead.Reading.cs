using System.Buffers;
using System.Text;
using EchoServer.Text;
using EchoServer.WebSockets;

namespace EchoServer.Http;

/// <content>Reading and checking a head (RFC 9112 §2 to §5).</content>
internal readonly ref partial struct RequestHead
{
    /// <summary>The largest head in bytes, the empty line at its end included: what browsers send with cookies fits twice.</summary>
    public const int MaxBytes = 16 * 1024;

    /// <summary>The most header lines: browsers send about 20, routers add about 15.</summary>
    public const int MaxFields = 100;

    private const byte Cr = (byte)'\r';
    private const byte Lf = (byte)'\n';

    // The first byte of a TLS record that carries a ClientHello (RFC 8446 §5.1).
    private const byte TlsHandshakeRecord = 0x16;

    // RFC 9112 §3.2: a request target has no white space, no control characters and no fragment.
    private static readonly SearchValues<byte> NotInTarget = SearchValues.Create(
        "\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u0009\u000A\u000B\u000C\u000D\u000E\u000F"u8 +
        "\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001A\u001B\u001C\u001D\u001E\u001F #\u007F"u8);

    /// <summary>Reads the head at the start of the input.</summary>
    /// <param name="input">All bytes received so far on this connection.</param>
    /// <param name="seenBefore">How many of them an earlier call has already answered with NeedMore; 0 at first.</param>
    /// <param name="head">The head, when <see cref="ParseStatus.Done"/>.</param>
    /// <param name="rejection">What is wrong, when <see cref="ParseStatus.Bad"/>.</param>
    /// <returns>What came of it. Lines are judged as they become complete, not only when the head is.</returns>
    public static ParseStatus Read(ReadOnlySpan<byte> input, int seenBefore, out RequestHead head, out HttpRejection? rejection)
    {
        head = default;
        rejection = null;

        // A head that trickles in is looked at again only when another line of it is complete. Its first byte may be the third.
        bool newLine = input[seenBefore..].Contains(Lf);
        if (!newLine && seenBefore > HeadLine.EndBytes && input.Length < MaxBytes)
        {
            return ParseStatus.NeedMore;
        }

        // RFC 9112 §2.2: "a server ... SHOULD ignore at least one empty line (CRLF) received prior to the request-line".
        int position = input.StartsWith("\r\n"u8) ? HeadLine.EndBytes : 0;
        rejection = CheckFirstByte(input[position..]);
        if (rejection is not null)
        {
            return ParseStatus.Bad;
        }

        ParseStatus status = HeadLine.Read(input, ref position, HeadRules.Request, out ReadOnlySpan<byte> line, out HeadFlaw? flaw);
        if (status != ParseStatus.Done)
        {
            rejection = Refuse(flaw);
            return status;
        }

        rejection = ReadRequestLine(line, out ReadOnlySpan<byte> method, out ReadOnlySpan<byte> target, out ReadOnlySpan<byte> version);
        if (rejection is not null)
        {
            return ParseStatus.Bad;
        }

        status = FieldSection.Read(input, ref position, HeadRules.Request, out FieldSection fields, out flaw);
        rejection = Refuse(flaw);
        if (status == ParseStatus.Done)
        {
            head = new RequestHead(method, target, version, fields, position);
        }

        return status;
    }

    private static HttpRejection? ReadRequestLine(
        ReadOnlySpan<byte> line, out ReadOnlySpan<byte> method, out ReadOnlySpan<byte> target, out ReadOnlySpan<byte> version)
    {
        // RFC 9112 §3: request-line = method SP request-target SP HTTP-version
        method = target = version = default;
        int first = line.IndexOf((byte)' ');
        int last = line.LastIndexOf((byte)' ');
        if (first <= 0 || last == first)
        {
            return Malformed($"the request line '{EscapedText.Quote(line)}' is not 'method target version'");
        }

        method = line[..first];
        target = line[(first + 1)..last];
        version = line[(last + 1)..];
        if (!FieldSection.IsToken(method))
        {
            return Malformed($"the method '{EscapedText.Quote(method)}' is not a token");
        }

        if (!IsVersion(version))
        {
            return Malformed($"'{EscapedText.Quote(version)}' is not an HTTP version");
        }

        if (target.IsEmpty || target.ContainsAny(NotInTarget))
        {
            return Malformed($"the request target '{EscapedText.Quote(target)}' is malformed");
        }

        // RFC 9112 §3.2: authority-form is for CONNECT and asterisk-form for OPTIONS; neither is a resource here.
        bool known = target[0] == '/' || StartsWithScheme(target) || target.SequenceEqual("*"u8) || method.SequenceEqual("CONNECT"u8);
        return known ? null : Malformed($"the request target '{EscapedText.Quote(target)}' does not begin with '/'");
    }

    private static bool StartsWithScheme(ReadOnlySpan<byte> target) =>
        StartsWithIgnoreCase(target, "http://"u8) || StartsWithIgnoreCase(target, "https://"u8) ||
        StartsWithIgnoreCase(target, "ws://"u8) || StartsWithIgnoreCase(target, "wss://"u8);

    private static bool StartsWithIgnoreCase(ReadOnlySpan<byte> value, ReadOnlySpan<byte> start) =>
        value.Length >= start.Length && Ascii.EqualsIgnoreCase(value[..start.Length], start);

    /// <summary>RFC 9112 §2.3: HTTP-name "/" DIGIT "." DIGIT.</summary>
    private static bool IsVersion(ReadOnlySpan<byte> version) =>
        version.Length == 8 && version.StartsWith("HTTP/"u8) &&
        char.IsAsciiDigit((char)version[5]) && version[6] == '.' && char.IsAsciiDigit((char)version[7]);

    private static HttpRejection? CheckFirstByte(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty || FieldSection.IsTokenByte(input[0]) || input[0] == Cr)
        {
            return null;
        }

        return input[0] == TlsHandshakeRecord
            ? Malformed("this is a TLS handshake, but this port speaks plain HTTP (use ws:// here; on Cloud Foundry the router ends TLS)")
            : Malformed($"a request cannot begin with the byte 0x{input[0]:X2}");
    }

    private static HttpRejection Malformed(string reason) => new(HttpStatus.BadRequest, $"Malformed request: {reason}.");

    private static HttpRejection? Refuse(HeadFlaw? flaw) => flaw?.Kind switch
    {
        null => null,
        HeadFlawKind.TooLarge => TooLarge(),
        HeadFlawKind.TooManyFields => TooManyFields(),
        _ => Malformed(flaw.Text),
    };

    private static HttpRejection TooLarge() =>
        new(HttpStatus.RequestHeaderFieldsTooLarge, $"The request head is larger than {MaxBytes} bytes.");

    private static HttpRejection TooManyFields() =>
        new(HttpStatus.RequestHeaderFieldsTooLarge, $"The request has more than {MaxFields} header lines.");
}
