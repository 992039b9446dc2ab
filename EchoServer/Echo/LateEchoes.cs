using EchoServer.Buffers;
using EchoServer.Server;
using EchoServer.WebSockets;

namespace EchoServer.Echo;

/// <summary>The echoes of one connection that go out later, in order, whole or piece by piece.</summary>
/// <remarks>
/// A message that waits is counted as unsent output is. Its loop adds messages and ends it; a timer's thread sends. Each holds the lock
/// for one message or piece only: many that are due together do not keep the loop waiting, which runs on an I/O thread.
/// </remarks>
internal sealed class LateEchoes : IDisposable
{
    // What an entry of the queue takes: messages without content need memory too.
    private const int EntryBytes = 128;

    private readonly IWebSocketConnection _socket;
    private readonly LatePace _pace;
    private readonly int _mostBytes;
    private readonly Lock _gate = new();
    private readonly Queue<Waiting> _queue = [];
    private readonly Timer _timer;
    private int _waitingBytes;
    private bool _hasEnded;

    // Of the first in the queue.
    private int _sentBytes;
    private long _nextPieceAt;

    /// <summary>Sets the callbacks of a connection.</summary>
    internal LateEchoes(IWebSocketConnection socket, LatePace pace, int mostBytes)
    {
        _socket = socket;
        _pace = pace;
        _mostBytes = mostBytes;
        _timer = new Timer(static self => ((LateEchoes)self!).SendDue(), this, Timeout.Infinite, Timeout.Infinite);
        socket.OnMessage = Add;
        socket.OnClose = Dispose;
    }

    // In milliseconds: the server's own clock is some of them late, and an echo may not be early.
    private static long Now => (long)Stopwatch.GetElapsedTime(0).TotalMilliseconds;

    /// <summary>Drops the messages that wait. Also when the connection ends.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _hasEnded = true;
            _timer.Dispose();
            while (_queue.TryDequeue(out Waiting waiting))
            {
                waiting.Memory.Free(_socket.Memory);
            }
        }
    }

    private void Add(Message message)
    {
        lock (_gate)
        {
            var memory = default(NativeBuffer);
            int length = message.Bytes.Length;
            if (length + EntryBytes > _mostBytes - _waitingBytes || !memory.TryGrow(length + EntryBytes, _socket.Memory))
            {
                _socket.Close(CloseCode.TryAgainLater, "more echoes wait for their time than there is room for");
                return;
            }

            message.Bytes.CopyTo(memory.Span);
            _waitingBytes += length + EntryBytes;
            // The clock has gone on within its millisecond.
            _queue.Enqueue(new(Now + _pace.DelayMilliseconds + 1, message.IsText, memory, length));
            if (_queue.Count == 1)
            {
                SetTimer();
            }
        }
    }

    private void SendDue()
    {
        while (TrySendNext())
        {
        }
    }

    /// <returns>False when nothing is due, and the timer is set for what will be.</returns>
    private bool TrySendNext()
    {
        lock (_gate)
        {
            // A timer may fire once more after the end.
            if (_hasEnded || !_queue.TryPeek(out Waiting first))
            {
                return false;
            }

            bool isDue = Math.Max(first.DueAt, _nextPieceAt) <= Now;
            if (isDue)
            {
                SendPiece(first);
            }
            else
            {
                SetTimer();
            }

            return isDue;
        }
    }

    private void SendPiece(Waiting first)
    {
        int length = Math.Min(first.Length - _sentBytes, _pace.PieceBytes);
        bool isLast = _sentBytes + length == first.Length;
        _socket.SendFragment(first.IsText, first.Memory.Span.Slice(_sentBytes, length), isFirst: _sentBytes == 0, isLast);
        _sentBytes += length;
        _nextPieceAt = Now + _pace.IntervalMilliseconds;
        if (isLast)
        {
            _queue.Dequeue();
            _waitingBytes -= first.Length + EntryBytes;
            first.Memory.Free(_socket.Memory);
            _sentBytes = 0;
        }
    }

    private void SetTimer()
    {
        if (!_hasEnded && _queue.TryPeek(out Waiting first))
        {
            _timer.Change(Math.Max(Math.Max(first.DueAt, _nextPieceAt) - Now, 0), Timeout.Infinite);
        }
    }

    private readonly record struct Waiting(long DueAt, bool IsText, NativeBuffer Memory, int Length);
}

/// <summary>How late a message is sent at least, in what pieces, and how long after each other, also of two messages.</summary>
internal readonly record struct LatePace(long DelayMilliseconds, int PieceBytes = int.MaxValue, long IntervalMilliseconds = 0)
{
    private const int Interval = 100;
    private const int Second = 1000;

    /// <summary>The pace of a rate: ten pieces a second, or one byte at a time where that is faster than the rate.</summary>
    internal static LatePace Of(int bytesPerSecond)
    {
        long interval = bytesPerSecond < Second / Interval ? Second / bytesPerSecond : Interval;
        return new(interval, Math.Max(bytesPerSecond * Interval / Second, 1), interval);
    }
}
