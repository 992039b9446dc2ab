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
    public const int NormalClosure = 1000;
    public const int NoStatusReceived = 1005;
    private const int ProtocolErrorCode = 1002;
    private const int InvalidPayloadCode = 1007;
    private const int TooBigCode = 1009;
    private const int ShownBytes = 16;

    public static WireEvent ProtocolError { get; } = Violation(ProtocolErrorCode);

    public static WireEvent NotUtf8 { get; } = Violation(InvalidPayloadCode);

    public static WireEvent TooBig { get; } = Violation(TooBigCode);

    /// <summary>Whether nothing may follow it (RFC 6455 §5.5.1 and §7.1.7).</summary>
    public bool IsLast => Kind is WireEventKind.Close or WireEventKind.Violation;

    public static WireEvent Text(string text) => Text(System.Text.Encoding.UTF8.GetBytes(text));

    public static WireEvent Text(byte[] bytes) => new(WireEventKind.Text, bytes);

    public static WireEvent Binary(byte[] bytes) => new(WireEventKind.Binary, bytes);

    public static WireEvent Ping(byte[] bytes) => new(WireEventKind.Ping, bytes);

    public static WireEvent Pong(byte[] bytes) => new(WireEventKind.Pong, bytes);

    public static WireEvent Close(int code) => new(WireEventKind.Close, [], code);

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
