using System.Diagnostics;
using System.Text;
using EchoServer.Tests.Support;

namespace EchoServer.Tests.Attacks;

/// <summary>A client that behaves: says something every 50 ms on one connection and remembers how long it ever waited for the echo.</summary>
/// <remarks>On a thread of its own, so that what it measures is the server and not the test's own thread pool.</remarks>
internal sealed class GoodClient : IDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(50);

    private readonly RawPeer _peer;
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _stop = new();
    private readonly ManualResetEventSlim _firstEcho = new();
    private volatile int _echoes;

    /// <summary>Connects and waits for the first echo.</summary>
    public GoodClient(int port)
    {
        _peer = RawPeer.Open(port);
        _thread = new Thread(Run) { IsBackground = true, Name = "good client" };
        _thread.Start();
        Assert.That(_firstEcho.Wait(ServerProcess.Patience), Is.True, $"the good client was not served even before the attack: {Failure}");
    }

    /// <summary>What went wrong, if anything.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>The longest time between a message and its echo.</summary>
    public TimeSpan LongestWait { get; private set; }

    /// <summary>How many echoes came back.</summary>
    public int Echoes => _echoes;

    /// <summary>Whether the server has said goodbye to it: 1001, as it must before it stops.</summary>
    public bool WasToldToGo { get; private set; }

    /// <summary>Ends the conversation in an orderly way, if the server has not done so. Everything it knows is final after that.</summary>
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
        long sentAt = Stopwatch.GetTimestamp();
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
            TimeSpan wait = Stopwatch.GetElapsedTime(sentAt);
            LongestWait = wait > LongestWait ? wait : LongestWait;
        }
    }
}
