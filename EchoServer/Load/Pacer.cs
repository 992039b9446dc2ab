using System.Runtime.InteropServices;

namespace EchoServer.Load;

/// <summary>Sends the messages of a run with a rate as they become due: a thread that wakes each millisecond.</summary>
/// <remarks>A connection that waits for echoes sends its due messages as they come. <see cref="Dispose"/> ends the thread.</remarks>
internal sealed class Pacer : IDisposable
{
    private const int MicrosecondsPerBatch = 1000;

    private readonly LoadRun _run;
    private readonly LoadConnection[] _connections;
    private readonly Thread _thread;
    private volatile bool _isDisposed;

    /// <summary>Starts the thread for a run with a pace, and its connections by rank.</summary>
    internal Pacer(LoadRun run, LoadConnection[] connections)
    {
        _run = run;
        _connections = connections;
        _thread = new Thread(Work) { IsBackground = true, Name = "pacer" };
        _thread.Start();
    }

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
                long elapsed = (long)Stopwatch.GetElapsedTime(_run.StartedAt).TotalMicroseconds;
                Sleep((int)(MicrosecondsPerBatch - (elapsed % MicrosecondsPerBatch)));
            }
        }
        while (!isLast);
    }

    private long SendDue(long done)
    {
        _run.Pace!.Advance(Stopwatch.GetElapsedTime(_run.StartedAt));
        long due = _run.Pace.Due;

        // Where more messages are due than there are connections, each connection has its turn once.
        for (long index = Math.Max(done, due - _connections.Length); index < due; index++)
        {
            _connections[index % _connections.Length].Sender.Pump();
        }

        return due;
    }

    /// <summary>Sleeps for up to a batch.</summary>
    /// <remarks>
    /// <see cref="Thread.Sleep(int)"/> takes whole milliseconds: on a grid of milliseconds it would be late by half a millisecond on
    /// average, ten times the latency of an echo on one machine. The system's own delay is about 60 microseconds.
    /// </remarks>
    private static void Sleep(int microseconds)
    {
        if (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS())
        {
            _ = USleep((uint)microseconds);
        }
        else
        {
            Thread.Sleep(1);
        }
    }

    // POSIX: int usleep(useconds_t).
    [DllImport("libc", EntryPoint = "usleep")]
    private static extern int USleep(uint microseconds);
}
