namespace EchoServer.Load;

/// <summary>The schedule of a run with a rate: fixed from the start, however late echoes come.</summary>
/// <remarks>
/// Messages become due in batches, each millisecond: the sending thread sleeps in between, and could not wake for each of a hundred
/// thousand messages a second. A message's time is that of its batch, so that waiting for the batch does not count as latency.
/// Message <c>i</c> of the run belongs to connection <c>i % connections</c>; its time is computed from <c>i</c>. Safe on any thread.
/// </remarks>
/// <param name="rate">Messages a second over all connections, above 0.</param>
/// <param name="connections">How many connections share it, 1 or more.</param>
/// <param name="duration">The length of the run; no message becomes due after it.</param>
internal sealed class Pace(double rate, int connections, TimeSpan duration)
{
    private const int BatchesPerSecond = 1000;
    private const long TicksPerBatch = TimeSpan.TicksPerSecond / BatchesPerSecond;

    private readonly double _perBatch = rate / BatchesPerSecond;
    private readonly long _max = (long)Math.Ceiling(rate * duration.TotalSeconds);
    private long _due;

    /// <summary>How many messages of the run are due, as of the last batch.</summary>
    internal long Due => Volatile.Read(ref _due);

    /// <summary>Makes all messages due whose time has come.</summary>
    internal void Advance(TimeSpan elapsed) =>
        Volatile.Write(ref _due, Math.Min(DueIn(elapsed.Ticks / TicksPerBatch), _max));

    /// <summary>How many messages of the connection with a rank in the run are due.</summary>
    internal long DueOf(int rank) => (Due - rank + connections - 1) / connections;

    /// <summary>Computes the time of a connection's message, numbered in this run from 0, in ticks of <see cref="Stopwatch"/> after the start.</summary>
    internal long DueAt(int rank, long number)
    {
        long index = (number * connections) + rank;
        long batch = (long)(index / _perBatch);

        // Rounding must not make a message due before the batch that sends it, nor after.
        while (DueIn(batch) <= index)
        {
            batch++;
        }

        return batch * Stopwatch.Frequency / BatchesPerSecond;
    }

    /// <summary>How many messages the batches up to this one make due; the first message is due at once.</summary>
    private long DueIn(long batch) => (long)(batch * _perBatch) + 1;
}
