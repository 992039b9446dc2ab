using System.Net;
using System.Net.Sockets;

namespace EchoServer.Transport;

/// <summary>A connected socket that never makes a thread wait: what cannot be done at once is awaited, without a buffer.</summary>
/// <remarks>
/// One side receives and one sends at a time; both may at the same time. <see cref="Shutdown"/> may be called by any thread, at any
/// time. <see cref="EpollSocket"/> on Linux, <see cref="PortableSocket"/> elsewhere.
/// </remarks>
internal abstract class NonBlockingSocket
{
    // Not as an end point: an idle connection pays for each object, and connections from one router share the address.
    private readonly IPAddress _peerAddress;
    private readonly ushort _peerPort;

    private protected NonBlockingSocket(IPAddress peerAddress, int peerPort)
    {
        _peerAddress = peerAddress;
        _peerPort = (ushort)peerPort;
    }

    /// <summary>Takes over a socket that the runtime has connected.</summary>
    /// <exception cref="SocketException">The connection is broken already. The socket is closed then.</exception>
    private protected NonBlockingSocket(Socket socket)
    {
        try
        {
            var peer = (IPEndPoint)socket.RemoteEndPoint!;
            _peerAddress = peer.Address;
            _peerPort = (ushort)peer.Port;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The other end. Any thread.</summary>
    internal IPEndPoint Peer => new(_peerAddress, _peerPort);

    /// <summary>What broke the connection, once <see cref="TryReceive"/> has found it broken, or a send has met a reset; until then Success.</summary>
    internal SocketError Error { get; private protected set; }

    /// <summary>Receives the bytes that have arrived.</summary>
    /// <param name="buffer">Where to; not empty.</param>
    /// <param name="count">How many bytes came; 0 when none will come any more: the peer has ended, or the connection is broken.</param>
    /// <returns>False when nothing is there yet: await <see cref="ReadableAsync"/>.</returns>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    internal abstract bool TryReceive(Span<byte> buffer, out int count);

    /// <summary>Whether a receive that brought so much has emptied the socket, so that the next may be waited for without a look.</summary>
    /// <param name="received">How many bytes came.</param>
    /// <param name="room">How many could have come.</param>
    internal abstract bool IsEmptyAfter(int received, int room);

    /// <summary>Uses up the sign that there has been input, or the end, since the last wait.</summary>
    /// <returns>Whether there was one: then there is nothing to wait for.</returns>
    internal abstract bool TakeInputSignal();

    /// <summary>Waits until there is something to receive, or the end, as <see cref="ReadableAsync"/> does but without a task.</summary>
    /// <param name="continuation">Called once, on any thread, perhaps before this returns; may be called without either reason.</param>
    /// <param name="state">Handed to it.</param>
    /// <returns>False when there was a sign of either already: then nothing is called.</returns>
    internal abstract bool TryWaitForInput(Action<object?> continuation, object? state);

    /// <summary>As <see cref="TryWaitForInput"/>, also where there is input already: the thread's other sockets have their turn before it.</summary>
    internal virtual bool TryYield(Action<object?> continuation, object? state) => TryWaitForInput(continuation, state);

    /// <summary>Waits until there is something to receive, or the end. Can complete without either: try again, then.</summary>
    /// <returns>To be awaited once, before the next call.</returns>
    internal abstract ValueTask ReadableAsync();

    /// <summary>Sends what the socket takes at once.</summary>
    /// <param name="bytes">What to send; not empty.</param>
    /// <param name="count">How many bytes it took, 1 or more.</param>
    /// <returns>False when it takes none now: await <see cref="WritableAsync"/>.</returns>
    /// <exception cref="SocketException">The connection is broken.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    internal abstract bool TrySend(ReadOnlySpan<byte> bytes, out int count);

    /// <summary>Sends what the socket takes at once of two parts, as <see cref="TrySend(ReadOnlySpan{byte}, out int)"/> does of one.</summary>
    /// <param name="first">The bytes before the second part; not empty.</param>
    /// <param name="second">The second part.</param>
    /// <param name="count">How many bytes of both it took.</param>
    internal virtual bool TrySend(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, out int count) => TrySend(first, out count);

    /// <summary>Sends what the socket takes at once, where a failure is not to be told: the next send fails in the same way.</summary>
    /// <param name="first">The bytes; not empty.</param>
    /// <param name="second">The bytes behind them; may be empty.</param>
    /// <returns>How many bytes of both it took; may be 0.</returns>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    internal int SendNow(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default)
    {
        try
        {
            int count;
            bool isTaken = second.IsEmpty ? TrySend(first, out count) : TrySend(first, second, out count);
            return isTaken ? count : 0;
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    /// <summary>Makes the exception for a send that failed.</summary>
    /// <remarks>The kernel tells of a reset once. It is noted, because a receive would take it for an orderly end afterwards.</remarks>
    private protected SocketException SendFailed(SocketError error)
    {
        if (error == SocketError.ConnectionReset)
        {
            Error = error;
        }

        return new SocketException((int)error);
    }

    /// <summary>Waits until the socket takes something, or is broken or closed. Can complete without either: try again, then.</summary>
    /// <returns>To be awaited once, before the next call.</returns>
    internal abstract ValueTask WritableAsync();

    /// <summary>Ends sending, or both directions. Wakes pending waits. Any thread; without effect when it is too late.</summary>
    internal abstract void Shutdown(SocketShutdown how);

    /// <summary>Whether something is there to receive. Any thread; false when it is too late.</summary>
    internal abstract bool HasInput();

    /// <summary>How much the peer's TCP has acknowledged: moves while the peer reads, however slowly. Any thread. Linux only; elsewhere 0.</summary>
    internal abstract ulong BytesAcked();

    /// <summary>
    /// Closes the socket. On the server only the receiving loop does: other code calls <see cref="Shutdown"/>. Pending waits resume on
    /// the calling thread and find it closed.
    /// </summary>
    /// <param name="dropsOutput">Whether output that the peer has not taken is dropped, and the peer told by a reset.</param>
    internal abstract void Close(bool dropsOutput);
}
