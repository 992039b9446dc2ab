using System.Buffers;
using System.Text;
using EchoServer.WebSockets;

namespace EchoServer.Http;

/// <content>Reading and checking a head (RFC 9112 §2 to §5).</content>
public readonly ref partial struct RequestHead
{
    /// <summary>The largest head in bytes, the empty line at its end included: what browsers send with cookies fits twice.</summary>
    public const int MaxBytes = 16 * 1024;

    /// <summary>The most header lines: browsers send about 20, routers add about 15.</summary>
    public const int MaxFields = 100;

    private const int LineEndBytes = 2;
    private const byte Cr = (byte)'\r';
    private const byte Lf = (byte)'\n';

    // The first byte of a TLS record that carries a ClientHello (RFC 8446 §5.1).
    private const byte TlsHandshakeRecord = 0x16;

    // RFC 9110 §5.6.2: tchar.
    private static readonly SearchValues<byte> TokenBytes =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    // RFC 9110 §5.5: a field value has visible characters, spaces, tabs and obs-text, but no other control characters.
    private static readonly SearchValues<byte> NotInFieldValue = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Where(b => b != '\t').Select(b => (byte)b), 0x7F]);

    // RFC 9112 §3.2: a request target has no white space, no control characters and no fragment.
    private static readonly SearchValues<byte> NotInTarget = SearchValues.Create(
        [.. Enumerable.Range(0, 0x21).Select(b => (byte)b), 0x7F, (byte)'#']);

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
        if (!newLine && seenBefore > LineEndBytes && input.Length < MaxBytes)
        {
            return ParseStatus.NeedMore;
        }

        // RFC 9112 §2.2: "a server ... SHOULD ignore at least one empty line (CRLF) received prior to the request-line".
        int position = input.StartsWith("\r\n"u8) ? LineEndBytes : 0;
        rejection = CheckFirstByte(input[position..]);
        if (rejection is not null)
        {
            return ParseStatus.Bad;
        }

        ParseStatus status = ReadLine(input, ref position, out ReadOnlySpan<byte> line, out rejection);
        if (status != ParseStatus.Done)
        {
            return status;
        }

        rejection = ReadRequestLine(line, out ReadOnlySpan<byte> method, out ReadOnlySpan<byte> target, out ReadOnlySpan<byte> version);
        if (rejection is not null)
        {
            return ParseStatus.Bad;
        }

        int fieldsStart = position;
        status = ReadFields(input, ref position, out rejection);
        if (status == ParseStatus.Done)
        {
            head = new RequestHead(method, target, version, input[fieldsStart..(position - LineEndBytes)], position);
        }

        return status;
    }

    /// <summary>Reads header lines up to and with the empty line that ends them.</summary>
    private static ParseStatus ReadFields(ReadOnlySpan<byte> input, scoped ref int position, out HttpRejection? rejection)
    {
        for (int count = 0; ; count++)
        {
            ParseStatus status = ReadLine(input, ref position, out ReadOnlySpan<byte> line, out rejection);
            if (status != ParseStatus.Done || line.IsEmpty)
            {
                return status;
            }

            rejection = count == MaxFields ? TooManyFields() : CheckField(line);
            if (rejection is not null)
            {
                return ParseStatus.Bad;
            }
        }
    }

    private static ParseStatus ReadLine(
        ReadOnlySpan<byte> input, scoped ref int position, out ReadOnlySpan<byte> line, out HttpRejection? rejection)
    {
        ReadOnlySpan<byte> rest = input[position..];
        int end = rest.IndexOf(Lf);
        line = default;
        rejection = null;
        if (end < 0 || position + end >= MaxBytes)
        {
            if (input.Length >= MaxBytes)
            {
                rejection = TooLarge();
                return ParseStatus.Bad;
            }

            return ParseStatus.NeedMore;
        }

        // RFC 9112 §2.2 allows to take a bare LF for a line's end; what takes it is what requests are smuggled past.
        if (end == 0 || rest[end - 1] != Cr)
        {
            rejection = Malformed("a line ends with LF alone instead of CR LF");
            return ParseStatus.Bad;
        }

        line = rest[..(end - 1)];
        position += end + 1;
        return ParseStatus.Done;
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
        if (!IsToken(method))
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

    private static HttpRejection? CheckField(ReadOnlySpan<byte> line)
    {
        // RFC 9112 §5.2: "A server that receives an obs-fold in a request message ... MUST either reject the message ...".
        if (line[0] is (byte)' ' or (byte)'\t')
        {
            return Malformed("a header line begins with white space (obsolete line folding)");
        }

        int colon = line.IndexOf((byte)':');
        if (colon < 0)
        {
            return Malformed($"the header line '{EscapedText.Quote(line)}' has no colon");
        }

        // RFC 9112 §5.1: "No whitespace is allowed between the field name and colon."
        if (!IsToken(line[..colon]))
        {
            return Malformed($"the header name '{EscapedText.Quote(line[..colon])}' is not a token");
        }

        return line[(colon + 1)..].ContainsAny(NotInFieldValue)
            ? Malformed($"the value of header '{EscapedText.Quote(line[..colon])}' has a control character")
            : null;
    }

    private static HttpRejection? CheckFirstByte(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty || TokenBytes.Contains(input[0]) || input[0] == Cr)
        {
            return null;
        }

        return input[0] == TlsHandshakeRecord
            ? Malformed("this is a TLS handshake, but this port speaks plain HTTP (use ws:// here; on Cloud Foundry the router ends TLS)")
            : Malformed($"a request cannot begin with the byte 0x{input[0]:X2}");
    }

    private static HttpRejection Malformed(string reason) => new(HttpStatus.BadRequest, $"Malformed request: {reason}.");

    private static HttpRejection TooLarge() =>
        new(HttpStatus.RequestHeaderFieldsTooLarge, $"The request head is larger than {MaxBytes} bytes.");

    private static HttpRejection TooManyFields() =>
        new(HttpStatus.RequestHeaderFieldsTooLarge, $"The request has more than {MaxFields} header lines.");
}
