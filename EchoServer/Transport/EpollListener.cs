using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;

namespace EchoServer.Transport;

/// <summary>On Linux: takes in connections on an I/O thread, between what that thread's sockets have to be told.</summary>
/// <remarks>
/// Accepting on the thread that serves spares a crowd the changes to and fro between two threads, and taking the descriptor as it is
/// spares each connection the runtime's socket, which an idle one would keep.
/// </remarks>
internal sealed class EpollListener : IListener, IWatched, IValueTaskSource
{
    // Then the thread's other sockets have their turn. Epoll is level-triggered here, and reports the rest again.
    private const int MaxAcceptsInOneGo = 64;

    // socket(7), include/uapi/asm-generic/socket.h: SO_BINDTOIFINDEX, and an index that no interface has.
    private const int InterfaceOption = 62;
    private const int NoInterface = int.MaxValue;

    // ip(7), ipv6(7): where the port, in network order, and the address begin.
    private const int PortOffset = 2;
    private const int AddressOffset = 4;

    private readonly Socket _socket;
    private readonly Epoll _epoll;
    private readonly Func<SocketHandle, IPAddress, int, NonBlockingSocket> _watch;

    // Of the connection accepted last, as accept(2) writes it: family, port, address.
    private readonly SocketAddress _peer;
    private readonly byte[] _lastAddressBytes;
    private readonly IPEndPoint _anyPeer = new(IPAddress.Any, 0);
    private readonly ReservedDescriptors _spareFiles = new();
    private IPAddress _lastAddress = IPAddress.Any;
    private SocketSignal _waiter;
    private int _acceptsInOneGo;
    private bool _isPaused;
    private volatile bool _isClosing;

    /// <summary>Begins to watch a listening socket.</summary>
    /// <param name="socket">The socket; owned from now on.</param>
    /// <param name="epoll">The thread that watches it.</param>
    /// <param name="watch">Hands a new connection to an I/O thread.</param>
    /// <exception cref="SocketException">The kernel has no memory left for it, or too few descriptors are left. It is closed then.</exception>
    internal EpollListener(Socket socket, Epoll epoll, Func<SocketHandle, IPAddress, int, NonBlockingSocket> watch)
    {
        _socket = socket;
        _epoll = epoll;
        _watch = watch;
        _peer = new SocketAddress(socket.AddressFamily);
        _lastAddressBytes = new byte[_peer.Size - AddressOffset];
        try
        {
            // Without them no connection would be accepted again after the first lack of descriptors.
            _spareFiles.Fill();
            socket.Blocking = false;
            epoll.Watch(this, socket.SafeHandle, EpollEvents.Readable);
        }
        catch
        {
            socket.Dispose();
            _spareFiles.Dispose();
            throw;
        }
    }

    public async ValueTask<NonBlockingSocket> AcceptAsync()
    {
        if (_isPaused)
        {
            _spareFiles.Fill();
            _isPaused = false;
            _epoll.Change(_socket.SafeHandle, EpollEvents.Readable);
        }

        while (true)
        {
            // Before the look at the queue, so that it was empty after the call of Close.
            bool isClosing = _isClosing;
            if ((isClosing || _acceptsInOneGo++ < MaxAcceptsInOneGo) && TryAccept(out SocketHandle? file))
            {
                return Watch(file);
            }

            if (isClosing)
            {
                Dispose();
                throw new ObjectDisposedException(nameof(EpollListener));
            }

            _acceptsInOneGo = 0;
            if (!_waiter.TakeSignal())
            {
                await new ValueTask(this, 0).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Closing a listener resets what its queue holds, and one that is shut down does so too. Bound to an interface that does not exist it
    /// hears of no new connection, which the kernel then refuses, and takes in those whose handshake had begun.
    /// </remarks>
    public bool TryRefuse()
    {
        try
        {
            _socket.SetRawSocketOption(Libc.SocketLevel, InterfaceOption, BitConverter.GetBytes(NoInterface));
            return true;
        }
        catch (SocketException)
        {
            // Before Linux 5.0.
            return false;
        }
    }

    public void Close()
    {
        _isClosing = true;
        _waiter.Signal();
    }

    public void Dispose()
    {
        _epoll.Forget(_socket.SafeHandle);
        _socket.Dispose();
        _spareFiles.Dispose();
        _waiter.Signal();
    }

    public void Signal(EpollEvents events) => _waiter.Signal();

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) =>
        _waiter.IsSignalled ? ValueTaskSourceStatus.Succeeded : ValueTaskSourceStatus.Pending;

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiter.Wait(continuation, state);

    void IValueTaskSource.GetResult(short token) => _waiter.TakeSignal();

    private NonBlockingSocket Watch(SocketHandle file)
    {
        try
        {
            IPAddress address = ReadAddress(out int port);
            return _watch(file, address, port);
        }
        catch
        {
            file.Dispose();
            Pause();
            throw;
        }
    }

    /// <summary>The address and port of the other end of the connection accepted last.</summary>
    /// <remarks>Behind a router most connections come from one address: those that follow each other share the object.</remarks>
    private IPAddress ReadAddress(out int port)
    {
        ReadOnlySpan<byte> peer = _peer.Buffer.Span;
        port = BinaryPrimitives.ReadUInt16BigEndian(peer[PortOffset..]);
        ReadOnlySpan<byte> address = peer[AddressOffset.._peer.Size];
        if (!address.SequenceEqual(_lastAddressBytes))
        {
            _lastAddress = ((IPEndPoint)_anyPeer.Create(_peer)).Address;
            address.CopyTo(_lastAddressBytes);
        }

        return _lastAddress;
    }

    /// <summary>Ignores the listening socket: epoll would report a connection that is not accepted again and again.</summary>
    private void Pause()
    {
        _isPaused = true;
        _epoll.Change(_socket.SafeHandle, EpollEvents.None);
    }

    private unsafe bool TryAccept([NotNullWhen(true)] out SocketHandle? file)
    {
        while (true)
        {
            int size = _peer.Size;
            int descriptor;
            fixed (byte* address = _peer.Buffer.Span)
            {
                descriptor = Libc.Accept(_socket.SafeHandle, address, &size, Libc.CloseOnExec);
            }

            if (descriptor >= 0)
            {
                file = new SocketHandle(descriptor);
                return true;
            }

            switch (Marshal.GetLastPInvokeError())
            {
                case Libc.EAgain:
                    file = null;
                    return false;
                case Libc.EInterrupted or Libc.EConnectionAborted:
                    // It was gone before it was taken in; there may be another.
                    continue;
                default:
                    SocketException error = Libc.LastError();
                    if (error.SocketErrorCode == SocketError.TooManyOpenSockets)
                    {
                        _spareFiles.Release();
                    }

                    Pause();
                    throw error;
            }
        }
    }
}
