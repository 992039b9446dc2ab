namespace EchoServer.Tests.Attacks;

/// <summary>A client that behaves: says something every 50 ms on one connection, and measures what the server does before the echo comes.</summary>
/// <remarks>
/// Measures the server's CPU time: how much it did for others first. The time on the wall would measure what else the machine
/// has to do. A thread of its own, because the test's thread pool serves the attackers.
/// </remarks>
internal sealed class GoodClient : IDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(50);

    private readonly RawPeer _peer;
    private readonly Func<TimeSpan> _serverClock;
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _stop = new();
    private readonly ManualResetEventSlim _firstEcho = new();
    private volatile int _echoes;

    public GoodClient(int port, Func<TimeSpan> serverClock)
    {
        _serverClock = serverClock;
        _peer = RawPeer.Open(port);
        _thread = new Thread(Run) { IsBackground = true, Name = "good client" };
        _thread.Start();
        Assert.That(_firstEcho.Wait(ServerProcess.Patience), Is.True, $"the good client was not served even before the attack: {Failure}");
    }

    public Exception? Failure { get; private set; }

    /// <summary>The most CPU time that the server used between a message and its echo.</summary>
    public TimeSpan MaxWait { get; private set; }

    public int Echoes => _echoes;

    public bool WasToldToGo { get; private set; }

    public void Stop()
    {
        _stop.Set();
        Assert.That(_thread.Join(ServerProcess.Patience * 2), Is.True, "the good client hangs");
    }

    public void Dispose()
    {
        _stop.Set();
        _peer.Dispose();
        _thread.Join();
        _stop.Dispose();
        _firstEcho.Dispose();
    }

    private void Run()
    {
        try
        {
            while (!WasToldToGo && !_stop.Wait(Pace))
            {
                SayAndWaitForEcho($"good message {_echoes}: {new string('g', 200)}");
            }

            _peer.Send(WireFrame.Close(WasToldToGo ? 1001 : 1000));
            _peer.ReadToEndAndDrop();

            // The server waits for this end, and a server that stops waits with it.
            _peer.Dispose();
        }
        catch (Exception exception)
        {
            Failure = exception;
        }
        finally
        {
            _firstEcho.Set();
        }
    }

    private void SayAndWaitForEcho(string text)
    {
        TimeSpan sentAt = _serverClock();
        try
        {
            _peer.Send(WireFrame.Text(text));
            WireFrame frame = _peer.ReadOneFrame();
            while (frame.Opcode == WireFrame.PingOpcode)
            {
                _peer.Send(WireFrame.Pong(frame.Payload));
                frame = _peer.ReadOneFrame();
            }

            WasToldToGo = frame is { Opcode: WireFrame.CloseOpcode, CloseCode: 1001 };
            if (!WasToldToGo && Encoding.UTF8.GetString(frame.Payload) != text)
            {
                throw new InvalidDataException($"sent '{text}', received {frame}: '{Encoding.UTF8.GetString(frame.Payload)}'");
            }

            _echoes += WasToldToGo ? 0 : 1;
            _firstEcho.Set();
        }
        finally
        {
            TimeSpan wait = _serverClock() - sentAt;
            MaxWait = wait > MaxWait ? wait : MaxWait;
        }
    }
}
