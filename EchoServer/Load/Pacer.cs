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
        long done = 0;
        bool isLast;
        do
        {
            // The last batch is sent like the others: it was due before the end.
            isLast = _isDisposed;
            done = SendDue(done);
            if (!isLast)
            {
                PreciseSleep.For(LeftOfBatch());
            }
        }
        while (!isLast);
    }

    private long SendDue(long done)
    {
        _run.Pace!.Advance(Stopwatch.GetElapsedTime(_run.StartedAt));
        long due = _run.Pace.Due;

        // Where more is due than there are connections, each has its turn once.
        for (long index = Math.Max(done, due - _connections.Length); index < due; index++)
        {
            _connections[index % _connections.Length].Pump();
        }

        return due;
    }

    private int LeftOfBatch()
    {
        long elapsed = (long)Stopwatch.GetElapsedTime(_run.StartedAt).TotalMicroseconds;
        return (int)(MicrosecondsPerBatch - (elapsed % MicrosecondsPerBatch));
    }
}
