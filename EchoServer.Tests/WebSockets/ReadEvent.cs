using EchoServer.WebSockets;

namespace EchoServer.Tests.WebSockets;

/// <summary>Something that a <see cref="MessageReader"/> told, in a form that outlives the call, can be compared and printed.</summary>
internal sealed record ReadEvent(string Kind, byte[] Payload)
{
    public const string Text = nameof(Text);
    public const string Binary = nameof(Binary);

    private const int ShownBytes = 40;

    /// <summary>The broken rule; null for other events. Part of <see cref="Kind"/> as well.</summary>
    public ProtocolViolation? Violation { get; private init; }

    public static ReadEvent Of(MessageReader reader, ReadResult result, ReadOnlySpan<byte> payload) => result switch
    {
        ReadResult.Message => new(reader.IsText ? Text : Binary, payload.ToArray()),
        ReadResult.Violation => new($"{nameof(ReadResult.Violation)} {(int)reader.Violation!.Code}: {reader.Violation.Reason}", [])
        {
            Violation = reader.Violation,
        },
        _ => new($"{result}", payload.ToArray()),
    };

    public bool Equals(ReadEvent? other) => other is not null && Kind == other.Kind && Payload.AsSpan().SequenceEqual(other.Payload);

    public override int GetHashCode() => HashCode.Combine(Kind, Payload.Length);

    public override string ToString() =>
        $"{Kind}[{Payload.Length}]{Convert.ToHexString(Payload.AsSpan(0, Math.Min(Payload.Length, ShownBytes)))}";
}
