using System.Buffers;
using EchoServer.WebSockets;

namespace EchoServer.Http;

/// <summary>The head of an HTTP/1.1 request: request line and header fields (RFC 9112 §2 to §5).</summary>
/// <remarks>A view of the bytes it was read from, already checked; valid as long as they are.</remarks>
internal readonly ref struct RequestHead(
    ReadOnlySpan<byte> method, ReadOnlySpan<byte> target, ReadOnlySpan<byte> version, HeaderFields fields, int size)
{
    /// <summary>The largest head in bytes, the empty line at its end included: what browsers send with cookies fits twice.</summary>
    public const int MaxBytes = 16 * 1024;

    /// <summary>The most header lines: browsers send about 20, routers add about 15.</summary>
    public const int MaxFields = 100;

    // The first byte of a TLS record that carries a ClientHello (RFC 8446 §5.1).
    private const byte TlsHandshakeRecord = 0x16;

    // The signature of the PROXY protocol, version 2 (haproxy's proxy-protocol.txt, §2.2), which is sent at once.
    private static ReadOnlySpan<byte> ProxyProtocol2 => "\r\n\r\n\0\r\nQUIT\n"u8;

    // RFC 9112 §3.2: a request target has no white space, no control characters and no fragment.
    private static readonly SearchValues<byte> NotInTarget = SearchValues.Create(
        "\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u0009\u000A\u000B\u000C\u000D\u000E\u000F"u8 +
        "\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001A\u001B\u001C\u001D\u001E\u001F #\u007F"u8);

    /// <summary>The method, case-sensitive (RFC 9110 §9.1).</summary>
    public ReadOnlySpan<byte> Method { get; } = method;

    /// <summary>The request target as sent (RFC 9112 §3.2), with its query.</summary>
    public ReadOnlySpan<byte> Target { get; } = target;

    /// <summary>The protocol version, such as <c>HTTP/1.1</c>.</summary>
    public ReadOnlySpan<byte> Version { get; } = version;

    /// <summary>Whether the request is processed as HTTP/1.1: that, or a later version 1 (RFC 9110 §2.5).</summary>
    public bool IsHttp11 => Version.StartsWith("HTTP/1."u8) && !Version.EndsWith("0"u8);

    /// <summary>Bytes that the head takes, the empty line at its end included; what follows is not part of it.</summary>
    public int Size { get; } = size;

    /// <summary>The header fields in the order sent.</summary>
    public HeaderFields Fields { get; } = fields;

    /// <summary>Whether the target is in absolute-form, and so has an authority of its own (RFC 9112 §3.2.2).</summary>
    public bool HasAuthority => AuthorityStart > 0;

    /// <summary>The authority of a target in absolute-form, as sent; empty for other targets.</summary>
    public ReadOnlySpan<byte> Authority => Target[AuthorityStart..AuthorityEnd];

    /// <summary>The path of the target, without query, as sent: percent-encoded (RFC 9110 §4.1, RFC 9112 §3.2.1 and §3.2.2).</summary>
    public ReadOnlySpan<byte> Path
    {
        get
        {
            // absolute-form: "a server MUST accept the absolute-form in requests".
            ReadOnlySpan<byte> path = BeforeQuery[AuthorityEnd..];
            return path.IsEmpty && HasAuthority ? "/"u8 : path;
        }
    }

    /// <summary>The query of the target, as sent, without its question mark; empty for none.</summary>
    public ReadOnlySpan<byte> Query => Target[Math.Min(BeforeQuery.Length + 1, Target.Length)..];

    /// <summary>Finds a field that may stand only once: <see cref="HeaderFields.Find"/>.</summary>
    public int Find(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value) => Fields.Find(name, out value);

    /// <summary>Reads the head at the start of the input.</summary>
    /// <remarks>
    /// The input is all bytes received so far, of which an earlier call has answered some with <see cref="ParseStatus.NeedMore"/>. Checks each
    /// line as soon as it is complete, not only the whole head.
    /// </remarks>
    public static ParseStatus Read(ReadOnlySpan<byte> input, int seenBefore, out RequestHead head, out HttpRejection? rejection)
    {
        head = default;
        rejection = null;
        if (!HeadLine.IsToBeRead(input, seenBefore, HeadRules.Request))
        {
            return ParseStatus.NeedMore;
        }

        // RFC 9112 §2.2: "a server ... SHOULD ignore at least one empty line (CRLF) received prior to the request-line".
        int position = input.StartsWith("\r\n"u8) ? HeadLine.EndBytes : 0;
        rejection = input.StartsWith(ProxyProtocol2) ? ProxyProtocol() : CheckFirstByte(input[position..]);
        if (rejection is not null)
        {
            return ParseStatus.Bad;
        }

        ParseStatus status = HeadLine.Read(input, ref position, HeadRules.Request, out ReadOnlySpan<byte> line, out HeadError? error);
        if (status != ParseStatus.Done)
        {
            rejection = Refuse(error);
            return status;
        }

        rejection = ReadRequestLine(line, out ReadOnlySpan<byte> method, out ReadOnlySpan<byte> target, out ReadOnlySpan<byte> version);
        if (rejection is not null)
        {
            return ParseStatus.Bad;
        }

        status = HeaderFields.Read(input, ref position, HeadRules.Request, out HeaderFields fields, out error);
        rejection = Refuse(error);
        if (status == ParseStatus.Done)
        {
            head = new RequestHead(method, target, version, fields, position);
        }

        return status;
    }

    private ReadOnlySpan<byte> BeforeQuery => Target.IndexOf((byte)'?') is >= 0 and int query ? Target[..query] : Target;

    // 0 for a target without one.
    private int AuthorityStart =>
        !Target.StartsWith("/"u8) && BeforeQuery.IndexOf("://"u8) is >= 0 and int scheme ? scheme + "://"u8.Length : 0;

    private int AuthorityEnd
    {
        get
        {
            int start = AuthorityStart;
            int end = BeforeQuery[start..].IndexOf((byte)'/');
            return start == 0 ? 0 : end < 0 ? BeforeQuery.Length : start + end;
        }
    }

    private static HttpRejection? ReadRequestLine(
        ReadOnlySpan<byte> line, out ReadOnlySpan<byte> method, out ReadOnlySpan<byte> target, out ReadOnlySpan<byte> version)
    {
        // RFC 9112 §3: request-line = method SP request-target SP HTTP-version
        method = target = version = default;
        if (line.StartsWith("PROXY TCP"u8) || line.StartsWith("PROXY UNKNOWN"u8))
        {
            return ProxyProtocol();
        }

        int first = line.IndexOf((byte)' ');
        int last = line.LastIndexOf((byte)' ');
        if (first <= 0 || last == first)
        {
            return Malformed($"the request line '{EscapedText.Quote(line)}' is not 'method target version'");
        }

        method = line[..first];
        target = line[(first + 1)..last];
        version = line[(last + 1)..];

        // RFC 9112 §3.2: authority-form is for CONNECT and asterisk-form for OPTIONS; neither is a resource here.
        bool known = target.StartsWith("/"u8) || StartsWithScheme(target) || target.SequenceEqual("*"u8) || method.SequenceEqual("CONNECT"u8);
        string? flaw = !HeaderFields.IsToken(method) ? $"the method '{EscapedText.Quote(method)}' is not a token"
            : !IsVersion(version) ? $"'{EscapedText.Quote(version)}' is not an HTTP version"
            : target.IsEmpty || target.ContainsAny(NotInTarget) ? $"the request target '{EscapedText.Quote(target)}' is malformed"
            : known ? null : $"the request target '{EscapedText.Quote(target)}' does not begin with '/'";
        return flaw is null ? null : Malformed(flaw);
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
        if (input.IsEmpty || HeaderFields.IsToken(input[..1]) || input[0] == '\r')
        {
            return null;
        }

        return input[0] == TlsHandshakeRecord
            ? Malformed("this is a TLS handshake, but this port speaks plain HTTP (use ws:// here; on Cloud Foundry the router ends TLS)")
            : Malformed($"a request cannot begin with the byte 0x{input[0]:X2}");
    }

    private static HttpRejection ProxyProtocol() => Malformed(
        "this is the PROXY protocol, which this port does not speak: turn it off in the balancer in front (haproxy: send-proxy; nginx and AWS: proxy protocol)");

    private static HttpRejection Malformed(string reason) => new(HttpStatus.BadRequest, $"Malformed request: {reason}.");

    private static HttpRejection? Refuse(HeadError? error) => error?.Kind switch
    {
        null => null,
        HeadErrorKind.TooLarge => new(HttpStatus.RequestHeaderFieldsTooLarge, $"The request head is larger than {MaxBytes} bytes."),
        HeadErrorKind.TooManyFields => new(HttpStatus.RequestHeaderFieldsTooLarge, $"The request has more than {MaxFields} header lines."),
        _ => Malformed(error.Text),
    };
}
