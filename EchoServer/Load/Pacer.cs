using System.Diagnostics;

namespace EchoServer.Load;

/// <summary>Sends the messages of a run with a rate as they become due: a thread that wakes each millisecond.</summary>
/// <remarks>A connection that still waits for echoes sends what is due as they come. Disposing of it ends the thread.</remarks>
internal sealed class Pacer : IDisposable
{
    private const int MicrosecondsPerBatch = 1000;

    private readonly LoadRun _run;
    private readonly LoadConnection[] _connections;
    private readonly Thread _thread;
    private volatile bool _isDisposed;

    /// <param name="run">The run, which has a pace.</param>
    /// <param name="connections">Its connections, by rank.</param>
    internal Pacer(LoadRun run, LoadConnection[] connections)
    {
        _run = run;
        _connections = connections;
        _thread = new Thread(Work) { IsBackground = true, Name = "pacer" };
        _thread.Start();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        _thread.Join();
    }

    private void Work()
    {
        Pace pace = _run.Pace!;
        long done = 0;
        while (!_isDisposed)
        {
            TimeSpan elapsed = Stopwatch.GetElapsedTime(_run.StartedAt);
            pace.Advance(elapsed);
            long due = pace.Due;

            // Where more is due than there are connections, each has its turn once.
            for (long index = Math.Max(done, due - _connections.Length); index < due; index++)
            {
                _connections[index % _connections.Length].Pump();
            }

            done = due;
            PreciseSleep.UntilNext(MicrosecondsPerBatch, elapsed: () => Stopwatch.GetElapsedTime(_run.StartedAt));
        }
    }
}
