using EchoServer.Metrics;
using EchoServer.WebSockets;

namespace EchoServer.Server;

/// <summary>Why a connection ends, which is noted once.</summary>
/// <remarks>A mutable value. Any thread may note; the loop reads.</remarks>
internal struct ConnectionEnd
{
    private static readonly Reasons Vanished = new(CloseCode.AbnormalClosure, EndCause.Vanished, "the client is gone");

    private Reasons? _noted;

    /// <summary>The code of the first Close frame either way, or 1006.</summary>
    internal readonly CloseCode Code => Noted.Code;

    /// <summary>Why, to be counted.</summary>
    internal readonly EndCause Cause => Noted.Cause;

    /// <summary>Whether the application cuts it off, without a Close.</summary>
    internal readonly bool IsCut => Noted is { Code: CloseCode.AbnormalClosure, Cause: EndCause.Application };

    /// <summary>Why, in a few words for the log.</summary>
    internal readonly string Reason => Noted.Text;

    private readonly Reasons Noted => Volatile.Read(in _noted) ?? Vanished;

    /// <summary>Notes why the connection ends. The first note counts.</summary>
    internal void Note(CloseCode code, EndCause cause, string reason) =>
        Interlocked.CompareExchange(ref _noted, new Reasons(code, cause, reason), null);

    private sealed record Reasons(CloseCode Code, EndCause Cause, string Text);
}
