using System.Buffers;

namespace EchoServer.Http;

/// <summary>How strictly a message head is read.</summary>
/// <param name="MaxBytes">The largest head, the empty line at its end included.</param>
/// <param name="MaxFields">The most header lines.</param>
/// <param name="EagerBytes">Up to this size of the head each line is judged as soon as it is complete.</param>
/// <param name="NotInFieldValue">The bytes that no field value may have.</param>
internal sealed record HeadRules(int MaxBytes, int MaxFields, int EagerBytes, SearchValues<byte> NotInFieldValue)
{
    // RFC 9110 §5.5: a field value has visible characters, spaces, tabs and obs-text, but no other control characters.
    private static readonly SearchValues<byte> Controls = SearchValues.Create(
        "\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u000A\u000B\u000C\u000D\u000E\u000F"u8 +
        "\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001A\u001B\u001C\u001D\u001E\u001F\u007F"u8);

    // "Recipients MAY retain" the others.
    private static readonly SearchValues<byte> DangerousControls = SearchValues.Create("\0\r\n"u8);

    /// <summary>A request: strict, because requests are smuggled past a server that is not.</summary>
    internal static readonly HeadRules Request = new(RequestHead.MaxBytes, RequestHead.MaxFields, RequestHead.MaxBytes, Controls);

    /// <summary>A response: what the client does not look at need not be perfect. The size is what the runtime's own HTTP client takes.</summary>
    internal static readonly HeadRules Response = new(64 * 1024, int.MaxValue, 4 * 1024, DangerousControls);
}
