using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;

namespace EchoServer.Transport;

/// <summary>On Linux: plain recv and send, and waits that <see cref="Epoll"/> ends.</summary>
/// <remarks>
/// The runtime's own asynchronous receive looks at the socket once more before it waits, a system call for each message, and keeps
/// about 700 bytes for each connection that waits. Continuations run on the thread that calls <see cref="Signal"/> or
/// <see cref="Close"/>. On Linux any thread may close.
/// </remarks>
internal sealed class EpollSocket : NonBlockingSocket, IWatched, IValueTaskSource
{
    // include/uapi/linux/tcp.h: struct tcp_info, tcpi_bytes_acked.
    private const int TcpInfoBytes = 128;
    private const int BytesAckedOffset = 120;

    private const short ReadToken = 0;
    private const short WriteToken = 1;

    private SocketSignal _reader;
    private SocketSignal _writer;

    // The peer has shut down its side, or worse: a receive that brings little may have the end right behind it, and epoll, which
    // tells of changes, would not tell again.
    private volatile bool _isHungUp;

    private readonly Epoll _epoll;
    private readonly SafeHandle _file;

    // What owns the file: the handle itself, or the runtime's socket.
    private readonly IDisposable _owner;

    // Set by the sender, for good. Few sockets are ever full: for the others the I/O thread is not told of room.
    private volatile bool _isWatchedForRoom;

    /// <summary>Takes over a socket that was accepted.</summary>
    /// <exception cref="SocketException">The kernel has no memory left. The socket is closed then.</exception>
    internal EpollSocket(SocketHandle file, IPAddress peerAddress, int peerPort, Epoll epoll)
        : base(peerAddress, peerPort)
    {
        _file = file;
        _owner = file;
        _epoll = epoll;
        Watch();
    }

    /// <summary>Takes over a socket that the runtime has connected.</summary>
    /// <exception cref="SocketException">The connection is broken already, or the kernel has no memory left. The socket is closed then.</exception>
    internal EpollSocket(Socket socket, Epoll epoll)
        : base(socket)
    {
        _file = socket.SafeHandle;
        _owner = socket;
        _epoll = epoll;
        Watch();
    }

    internal override unsafe bool TryReceive(Span<byte> buffer, out int count)
    {
        fixed (byte* start = buffer)
        {
            count = Libc.Receive(_file, start, buffer.Length, Libc.MsgDontWait);
        }

        if (count >= 0)
        {
            return true;
        }

        int error = -count;
        count = 0;
        Error = error == Libc.EAgain ? SocketError.Success : Libc.ToSocketError(error);
        return error != Libc.EAgain;
    }

    internal override bool IsEmptyAfter(int received, int room) => received < room && !_isHungUp;

    internal override unsafe bool TrySend(ReadOnlySpan<byte> bytes, out int count)
    {
        fixed (byte* start = bytes)
        {
            count = Libc.Send(_file, start, bytes.Length, Libc.MsgDontWait | Libc.MsgNoSignal);
        }

        return count >= 0 || IsFull(-count);
    }

    internal override unsafe bool TrySend(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, out int count)
    {
        fixed (byte* start = first, secondStart = second)
        {
            Libc.Part* parts = stackalloc Libc.Part[]
            {
                new() { Start = start, Length = first.Length }, new() { Start = secondStart, Length = second.Length },
            };
            var message = new Libc.GatheredMessage { Parts = parts, PartCount = 2 };
            count = Libc.SendMessage(_file, &message, Libc.MsgDontWait | Libc.MsgNoSignal);
        }

        return count >= 0 || IsFull(-count);
    }

    internal override bool TakeInputSignal() => _reader.TakeSignal();

    internal override bool TryWaitForInput(Action<object?> continuation, object? state) => _reader.TryWait(continuation, state);

    internal override bool TryYield(Action<object?> continuation, object? state)
    {
        // Epoll tells of changes, and so tells of this one again, behind all others. The signal of it may come before the wait.
        _reader.TakeSignal();
        bool withRoom = _isWatchedForRoom;
        _epoll.WatchAgain(_file, withRoom);
        if (!withRoom && _isWatchedForRoom)
        {
            // The sender has asked for it meanwhile, and perhaps before this did without.
            _epoll.WatchAgain(_file, withRoom: true);
        }

        return _reader.TryWait(continuation, state);
    }

    internal override ValueTask ReadableAsync() => _reader.TakeSignal() ? default : new ValueTask(this, ReadToken);

    internal override ValueTask WritableAsync()
    {
        if (!_isWatchedForRoom)
        {
            _isWatchedForRoom = true;
            _epoll.WatchAgain(_file, withRoom: true);
        }

        return _writer.TakeSignal() ? default : new ValueTask(this, WriteToken);
    }

    internal override void Shutdown(SocketShutdown how)
    {
        try
        {
            // Fails when the connection is broken already: then epoll has reported it, and no wait is pending.
            _ = Libc.Shutdown(_file, (int)how);
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself meanwhile.
        }
    }

    internal override unsafe bool HasInput()
    {
        try
        {
            byte first;
            return Libc.Receive(_file, &first, 1, Libc.MsgPeek | Libc.MsgDontWait) > 0;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    internal override unsafe ulong BytesAcked()
    {
        byte* info = stackalloc byte[TcpInfoBytes];
        int size = TcpInfoBytes;
        try
        {
            return Libc.GetSocketOption(_file, Libc.TcpLevel, Libc.TcpInfoOption, info, &size) == 0 && size == TcpInfoBytes
                ? Unsafe.ReadUnaligned<ulong>(info + BytesAckedOffset)
                : 0;
        }
        catch (ObjectDisposedException)
        {
            return 0;
        }
    }

    internal override void Close(bool dropsOutput)
    {
        _epoll.Forget(_file);
        if (dropsOutput)
        {
            DropOutput();
        }

        _owner.Dispose();
        // A closed file is not watched any more: a pending wait would never end.
        _reader.Signal();
        _writer.Signal();
    }

    /// <summary>For <see cref="Epoll"/>: ends the waits that these events are for, here and now.</summary>
    public void Signal(EpollEvents events)
    {
        const EpollEvents ends = EpollEvents.PeerShutdown | EpollEvents.HangUp | EpollEvents.Error;
        if ((events & ends) != 0)
        {
            _isHungUp = true;
        }

        if ((events & (EpollEvents.Readable | ends)) != 0)
        {
            _reader.Signal();
        }

        if ((events & (EpollEvents.Writable | ends)) != 0)
        {
            _writer.Signal();
        }
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) =>
        Of(token).IsSignalled ? ValueTaskSourceStatus.Succeeded : ValueTaskSourceStatus.Pending;

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        Of(token).Wait(continuation, state);

    void IValueTaskSource.GetResult(short token) => Of(token).TakeSignal();

    /// <summary>Makes closing a reset: socket(7), struct linger, on and for no time.</summary>
    private unsafe void DropOutput()
    {
        int* linger = stackalloc int[] { 1, 0 };
        _ = Libc.SetSocketOption(_file, Libc.SocketLevel, Libc.LingerOption, linger, 2 * sizeof(int));
    }

    /// <summary>After a send that failed.</summary>
    /// <returns>False: it takes nothing now.</returns>
    /// <exception cref="SocketException">It never will again.</exception>
    private bool IsFull(int error) => error == Libc.EAgain ? false : throw SendFailed(Libc.ToSocketError(error));

    private void Watch()
    {
        try
        {
            _epoll.Watch(this, _file);
        }
        catch
        {
            _owner.Dispose();
            throw;
        }
    }

    private ref SocketSignal Of(short token) => ref token == ReadToken ? ref _reader : ref _writer;
}
