using EchoServer.Load.Opening;
using EchoServer.WebSockets;

namespace EchoServer.Load;

/// <summary>Follows one connection out of service, and its replacement back into it. Safe on any thread.</summary>
internal sealed class OutageTracker
{
    private readonly TaskCompletionSource<long> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Outage? _current;

    /// <summary>Complete when the server's Close was received, or the connection has ended: the time of that, in ticks of <see cref="Stopwatch"/>.</summary>
    internal Task<long> Lost => _lost.Task;

    /// <summary>Whether the server has announced that it goes away, and that its clients may come again.</summary>
    internal bool IsDrained { get; private set; }

    /// <summary>Whether the place of the connection is out of service.</summary>
    internal bool IsOut => _current is not null;

    /// <summary>Notes the end of the service. The first call counts.</summary>
    internal void NoteLost() => _lost.TrySetResult(Stopwatch.GetTimestamp());

    /// <summary>Notes whether a Close announces an end: 1001, 1012.</summary>
    internal bool TryDrain(CloseCode code) => IsDrained = code is CloseCode.GoingAway or CloseCode.ServiceRestart;

    /// <summary>Notes an outage that the connection, or its replacement, is to end.</summary>
    internal void Begin(Outage outage) => _current = outage;

    /// <summary>Returns the outage, once; null when there is none.</summary>
    internal Outage? Take() => Interlocked.Exchange(ref _current, null);

    /// <summary>Ends the outage, if there is one, at a time in ticks of <see cref="Stopwatch"/>.</summary>
    internal void End(long now) => (IsOut ? Take() : null)?.End(now);
}
