using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;

namespace EchoServer.Hosting;

/// <summary>On Linux: plain recv and send, and waits that <see cref="Epoll"/> ends.</summary>
/// <remarks>
/// The runtime's own asynchronous receive looks at the socket once more before it waits, a system call for each message, and keeps
/// about 700 bytes for each connection that waits. Continuations run on the thread that calls <see cref="Signal"/> or
/// <see cref="Close"/>. On Linux any thread may close.
/// </remarks>
internal sealed class EpollSocket : NonBlockingSocket, IValueTaskSource
{
    private const short ReadToken = 0;
    private const short WriteToken = 1;

    private Waiter _reader;
    private Waiter _writer;

    // The peer has shut down its side, or worse: a receive that brings little may have the end right behind it, and epoll, which
    // tells of changes, would not tell again.
    private volatile bool _isHungUp;

    private readonly Epoll _epoll;

    // Belongs to who sends. Few sockets are ever full: the others spare the I/O thread the news that they have room.
    private bool _isWatchedForRoom;

    /// <summary>Takes over a connected socket.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="epoll">The thread that watches it.</param>
    /// <exception cref="SocketException">The connection is broken already, or the kernel has no memory left. The socket is closed then.</exception>
    internal EpollSocket(Socket socket, Epoll epoll)
        : base(socket)
    {
        _epoll = epoll;
        try
        {
            epoll.Watch(this, socket.SafeHandle);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    internal override unsafe bool TryReceive(Span<byte> buffer, out int count)
    {
        fixed (byte* start = buffer)
        {
            count = (int)Libc.Receive(Socket.SafeHandle, start, buffer.Length, Libc.MsgDontWait);
        }

        if (count >= 0)
        {
            return true;
        }

        count = 0;
        int error = Marshal.GetLastPInvokeError();
        Error = error == Libc.EAgain ? SocketError.Success : Libc.ToSocketError(error);
        return error != Libc.EAgain;
    }

    /// <inheritdoc/>
    internal override bool IsEmptyAfter(int received, int room) => received < room && !_isHungUp;

    /// <inheritdoc/>
    internal override unsafe bool TrySend(ReadOnlySpan<byte> bytes, out int count)
    {
        fixed (byte* start = bytes)
        {
            count = (int)Libc.Send(Socket.SafeHandle, start, bytes.Length, Libc.MsgDontWait | Libc.MsgNoSignal);
        }

        if (count >= 0)
        {
            return true;
        }

        return Marshal.GetLastPInvokeError() == Libc.EAgain ? false : throw Libc.LastError();
    }

    /// <inheritdoc/>
    internal override ValueTask ReadableAsync() => _reader.TakeSignal() ? default : new ValueTask(this, ReadToken);

    /// <inheritdoc/>
    internal override ValueTask WritableAsync()
    {
        if (!_isWatchedForRoom)
        {
            _isWatchedForRoom = true;
            _epoll.WatchForRoom(Socket.SafeHandle);
        }

        return _writer.TakeSignal() ? default : new ValueTask(this, WriteToken);
    }

    /// <inheritdoc/>
    internal override void Close(bool dropsOutput)
    {
        _epoll.Forget(Socket.SafeHandle);
        base.Close(dropsOutput);
        // A closed file is not watched any more: who waits would wait for ever.
        _reader.Signal();
        _writer.Signal();
    }

    /// <summary>For <see cref="Epoll"/>: ends the waits that these events are for, here and now.</summary>
    internal void Signal(EpollEvents events)
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

    /// <inheritdoc/>
    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) =>
        Of(token).IsSignalled ? ValueTaskSourceStatus.Succeeded : ValueTaskSourceStatus.Pending;

    /// <inheritdoc/>
    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        Of(token).Wait(continuation, state);

    /// <inheritdoc/>
    void IValueTaskSource.GetResult(short token) => Of(token).TakeSignal();

    private ref Waiter Of(short token) => ref token == ReadToken ? ref _reader : ref _writer;

    /// <summary>One wait at a time, and the signal that ends it, whichever comes first.</summary>
    private struct Waiter
    {
        // Stands for a signal that nobody has waited for yet.
        private static readonly Action<object?> Signalled = static _ => { };

        private Action<object?>? _continuation;
        private object? _state;

        internal bool IsSignalled => ReferenceEquals(Volatile.Read(ref _continuation), Signalled);

        /// <summary>Uses up a signal that is there. Before the socket is looked at: a signal that comes later counts.</summary>
        internal bool TakeSignal() => IsSignalled && Interlocked.Exchange(ref _continuation, null) is not null;

        internal void Wait(Action<object?> continuation, object? state)
        {
            _state = state;
            if (Interlocked.CompareExchange(ref _continuation, continuation, null) is not null)
            {
                // Signalled meanwhile. Not from here: the caller is still on its way to the wait.
                _state = null;
                Volatile.Write(ref _continuation, null);
                ThreadPool.UnsafeQueueUserWorkItem(continuation, state, preferLocal: false);
            }
        }

        internal void Signal()
        {
            Action<object?>? waiting = Volatile.Read(ref _continuation);
            while (!ReferenceEquals(waiting, Signalled))
            {
                // Two threads may signal at once: only one of them may take the continuation.
                Action<object?>? next = waiting is null ? Signalled : null;
                Action<object?>? found = Interlocked.CompareExchange(ref _continuation, next, waiting);
                if (ReferenceEquals(found, waiting))
                {
                    if (waiting is not null)
                    {
                        Resume(waiting);
                    }

                    return;
                }

                waiting = found;
            }
        }

        /// <summary>Only for who has taken the continuation: until it runs, nobody else begins a wait or touches the state.</summary>
        private void Resume(Action<object?> continuation)
        {
            object? state = _state;
            _state = null;
            continuation(state);
        }
    }
}
