using System.Net.Sockets;
using EchoServer.Buffers;
using EchoServer.Metrics;
using EchoServer.Transport;
using EchoServer.WebSockets;

namespace EchoServer.Server;

/// <summary>One client, from accept to end: request head, then frames, then the closing handshake.</summary>
/// <remarks>
/// <para>
/// <see cref="RunAsync"/> is the connection's loop: one wait, then one synchronous step that receives, processes and sends. All
/// state belongs to the loop, except where a field says otherwise. Between steps an idle connection holds no buffer: it rents one
/// only when there is something to put into it.
/// </para>
/// <para>
/// Here alone is decided what a violation costs: a rejection becomes an HTTP answer and a close, a violation becomes a Close
/// frame, an exception out of a callback becomes 1011, a peer that vanished costs nothing.
/// </para>
/// <para>
/// Any thread may call <c>Send</c>, <c>Close</c>, <see cref="GoAway"/> and <see cref="Abort()"/>; only the heartbeat calls
/// <see cref="CheckDeadlines"/>.
/// </para>
/// </remarks>
internal sealed partial class Connection : IWebSocketConnection
{
    // How often, and how much, a connection whose data never runs dry may receive in one go. Then it goes to the back of the
    // thread pool's queue, so that one flood cannot keep an I/O thread from the thread's other connections.
    private const int MaxReceivesInOneGo = 16;
    private const int MaxBytesInOneGo = 2 * ServerOptions.ReceiveBytes;

    // How much compression may cost in one go (PerMessageDeflate.Work): a few received bytes can become a thousand times as many.
    private const int MaxDeflateWorkInOneGo = MaxBytesInOneGo;

    private readonly WebSocketServer _server;
    private readonly NonBlockingSocket _socket;
    private readonly Outbound _outbound;

    private readonly long _id;
    private readonly int _slot;
    private readonly bool _isSurplus;

    // Written by the loop; the heartbeat looks at it.
    private volatile Phase _phase;
    private MessageReader? _reader;
    private ConnectionInfo? _info;

    private LeftOver _leftOver;

    // Whether the loop waits before it receives. Left out, a system call less, while data is there each time it looks, and at the
    // start, where a request mostly is there already, and a reset would make the wait build an exception with a stack trace.
    private bool _waitsFirst;
    private int _receivesInOneGo;
    private long _bytesBeforeThisGo;
    private long _deflateWorkBeforeThisGo;

    // Whether whole messages may wait in what is left over. Written by the loop; who stops the server looks at it.
    private volatile bool _isHeldUp;
    private bool _isHalfClosed;

    // Zero outside a step: tells a callback's own sends from those of other threads.
    private int _loopThread;

    // Set by whichever thread ends the connection; ends the loop as soon as it wakes.
    private volatile bool _isAborted;
    private bool _receivedAfterAbort;

    // How it ended: written once, by whichever thread ends it.
    private Ending? _ending;

    /// <param name="server">Whose connection it is.</param>
    /// <param name="socket">The accepted socket; owned by the connection from here on.</param>
    /// <param name="id">A number that no other connection has.</param>
    /// <param name="isSurplus">Whether there are as many connections as may be: then it does not become a WebSocket.</param>
    internal Connection(WebSocketServer server, NonBlockingSocket socket, long id, bool isSurplus)
    {
        _isSurplus = isSurplus;
        _server = server;
        _socket = socket;
        _id = id;
        _outbound = new Outbound(socket, server.Options.MaxQueuedBytes, server.Budget);
        _slot = server.Connections.Add(this);
    }

    private enum Phase : byte
    {
        /// <summary>Reading the request head.</summary>
        Head,

        /// <summary>Reading messages.</summary>
        Open,

        /// <summary>Our Close is sent; only the peer's is waited for.</summary>
        Closing,

        /// <summary>All is said: our side is shut down, and input is dropped until the peer shuts down its side.</summary>
        Lingering,

        /// <summary>To be cleaned up.</summary>
        Ended,
    }

    /// <inheritdoc/>
    public ConnectionInfo Info => _info ?? throw new InvalidOperationException("the handshake is not done");

    /// <inheritdoc/>
    public Action? OnOpen { get; set; }

    /// <inheritdoc/>
    public Action<Message>? OnMessage { get; set; }

    /// <inheritdoc/>
    public Action? OnClose { get; set; }

    /// <inheritdoc/>
    public Action<Exception>? OnError { get; set; }

    /// <summary>Whether it is gone, or about to be. Any thread.</summary>
    internal bool HasEnded => _phase == Phase.Ended;

    /// <summary>The connection's loop. Never throws; complete when the connection is gone and everything is given back.</summary>
    internal async Task RunAsync()
    {
        try
        {
            while (_phase != Phase.Ended)
            {
                if (_waitsFirst)
                {
                    ValueTask readable = _socket.ReadableAsync();
                    if (!readable.IsCompleted)
                    {
                        BeginGo();
                    }

                    await readable.ConfigureAwait(false);
                }

                if (++_receivesInOneGo > MaxReceivesInOneGo || _bytesReceived - _bytesBeforeThisGo >= MaxBytesInOneGo || HasDeflatedMuch())
                {
                    BeginGo();
                    await Task.Yield();
                }

                bool flushed = ReceiveAndProcess();
                while (!flushed)
                {
                    await _outbound.FlushAsync().ConfigureAwait(false);
                    if (HasDeflatedMuch())
                    {
                        BeginGo();
                        await Task.Yield();
                    }

                    flushed = ProcessLeftOver();
                }

                EndTiming();
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The peer reset the connection, or a deadline ended it: everyday things, told at debug level by End.
        }
        catch (Exception exception)
        {
            Interlocked.CompareExchange(ref _ending, Ending.Failed, null);
            _server.Log.ConnectionFailed(exception, _id);
        }

        End();
    }

    private void BeginGo()
    {
        _receivesInOneGo = 0;
        _bytesBeforeThisGo = _bytesReceived;
        _deflateWorkBeforeThisGo = _reader?.Deflate?.Work ?? 0;
    }

    private void End()
    {
        _phase = Phase.Ended;
        // Where output is left nobody waits for it any more: 0 lets the kernel drop it now instead of keeping it for minutes.
        // And who still sends after an abort is told by a reset: after a shutdown Linux sends no window update any more, and the
        // peer would hang in its send, and the kernel keep its half, for a minute.
        _socket.Close(dropsOutput: _outbound.HasUnsent || _receivedAfterAbort);
        _outbound.End();
        _reader?.Abandon();
        _reader?.Deflate?.Release();
        _leftOver.Drop();
        Ending ending = _ending ?? Ending.Vanished;
        _server.Counters.Ended(this, _info is null ? null : ending.Code, ending.Cause);
        if (_info is not null)
        {
            Closed();
            var duration = TimeSpan.FromMilliseconds(Heartbeat.Now - _startedAt);
            var totals = new ConnectionTotals(_received.Messages, _bytesReceived, _outbound.BytesSent, duration);
            _server.Log.ConnectionClosed(_id, ending.Code, ending.Reason, totals);
        }

        // Last: who stops the server waits for this.
        _server.Connections.Remove(_slot);
    }

    /// <summary>How a connection ended.</summary>
    /// <param name="Code">The code of the first Close frame either way, or 1006.</param>
    /// <param name="Cause">Why, to be counted.</param>
    /// <param name="Reason">Why, in a few words for the log.</param>
    private sealed record Ending(CloseCode Code, EndCause Cause, string Reason)
    {
        internal static readonly Ending Vanished = new(CloseCode.AbnormalClosure, EndCause.Vanished, "the client is gone");
        internal static readonly Ending Failed = new(CloseCode.AbnormalClosure, EndCause.Fault, "the server failed");
    }
}
