namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>What a server can make of what a client sent.</summary>
internal enum WireEventKind
{
    Text,
    Binary,
    Ping,
    Pong,
    Close,
    Violation,
}

/// <summary>One thing that a conforming server finds in its input; equal to another one when the bytes are.</summary>
/// <remarks>The codes are written here again, from RFC 6455 §7.4.1, so that the server's own enum is checked as well.</remarks>
internal sealed record WireEvent(WireEventKind Kind, byte[] Payload, int Code = 0)
{
    private const int NormalClosure = 1000;
    private const int NoStatusReceived = 1005;
    private const int ProtocolErrorCode = 1002;
    private const int InvalidPayloadCode = 1007;
    private const int TooBigCode = 1009;
    private const int ShownBytes = 16;

    public static WireEvent ProtocolError { get; } = Violation(ProtocolErrorCode);

    public static WireEvent NotUtf8 { get; } = Violation(InvalidPayloadCode);

    public static WireEvent TooBig { get; } = Violation(TooBigCode);

    /// <summary>Whether nothing may follow it (RFC 6455 §5.5.1 and §7.1.7).</summary>
    public bool IsLast => Kind is WireEventKind.Close or WireEventKind.Violation;

    /// <summary>Finds a whole frame as it was sent.</summary>
    public static implicit operator WireEvent(WireFrame frame) => frame.Opcode switch
    {
        WireFrame.TextOpcode => new(WireEventKind.Text, frame.Payload),
        WireFrame.BinaryOpcode => new(WireEventKind.Binary, frame.Payload),
        WireFrame.PingOpcode => new(WireEventKind.Ping, frame.Payload),
        WireFrame.PongOpcode => new(WireEventKind.Pong, frame.Payload),
        _ => new(WireEventKind.Close, [], frame.CloseCode),
    };

    /// <summary>The frame with which an echo server answers it; null for none.</summary>
    /// <param name="reason">What the Close says of a violation.</param>
    public WireFrame? Answer(string reason = "") => Kind switch
    {
        WireEventKind.Text => WireFrame.Text(Payload),
        WireEventKind.Binary => WireFrame.Binary(Payload),
        WireEventKind.Ping => WireFrame.Pong(Payload),
        WireEventKind.Pong => null,
        _ => WireFrame.Close(Code == NoStatusReceived ? NormalClosure : Code, reason),
    };

    public static WireEvent Violation(int code) => new(WireEventKind.Violation, [], code);

    public bool Equals(WireEvent? other) =>
        other is not null && Kind == other.Kind && Code == other.Code && Payload.AsSpan().SequenceEqual(other.Payload);

    public override int GetHashCode() => HashCode.Combine(Kind, Code, Payload.Length);

    public override string ToString()
    {
        string shown = Convert.ToHexString(Payload, 0, Math.Min(ShownBytes, Payload.Length));
        string cut = Payload.Length > ShownBytes ? "..." : "";
        return IsLast ? $"{Kind} {Code}" : $"{Kind} of {Payload.Length} bytes {shown}{cut}";
    }
}
