using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using EchoServer.Buffers;
using EchoServer.Metrics;
using EchoServer.Transport;
using EchoServer.WebSockets;

namespace EchoServer.Server;

/// <summary>One client, from accept to end: moves bytes between its socket, <see cref="Upgrade"/> and <see cref="WebSocketSession"/>.</summary>
/// <remarks>
/// <para>
/// <see cref="RunAsync"/> is the connection's loop: one wait, then one synchronous step that receives, processes and sends. All
/// state belongs to the loop, except where a field says otherwise. Between steps an idle connection holds no buffer: it rents one
/// only when there is something to put into it. Nor does it hold a task: to wait for input the loop returns, and input calls it anew.
/// </para>
/// <para>
/// Any thread may call <see cref="GoAway"/> and <see cref="Abort()"/>; only the heartbeat calls <see cref="CheckDeadlines"/>.
/// </para>
/// </remarks>
internal sealed class Connection
{
    private static readonly Action<object?> Resume = static self => _ = ((Connection)self!).RunAsync();

    private readonly NonBlockingSocket _socket;
    private readonly bool _isSurplus;
    private readonly int _slot;

    // Written by the loop; other threads look at it.
    private volatile ConnectionPhase _phase;

    // Set by the thread that ends the connection; ends the loop as soon as it wakes.
    private volatile bool _isAborted;

    // The WebSocket, once the handshake is done. Written by the loop, read by other threads.
    private WebSocketSession? _session;

    // Whether messages may have been received and not processed: in a step, from before its receive, and while input has to wait. As _phase.
    private volatile bool _holdsInput;

    private PendingInput _pendingInput;
    private ConnectionMeter _meter;

    // The loop notes, the heartbeat judges.
    private ConnectionDeadlines _deadlines = new(MonotonicClock.Now);

    private ConnectionEnd _end;

    /// <param name="server">As <see cref="Server"/>.</param>
    /// <param name="socket">The accepted socket, which the connection owns from now on.</param>
    /// <param name="id">As <see cref="Id"/>.</param>
    /// <param name="isSurplus">Whether there are as many connections as may be: then it does not become a WebSocket.</param>
    internal Connection(ServerContext server, NonBlockingSocket socket, long id, bool isSurplus)
    {
        _socket = socket;
        _isSurplus = isSurplus;
        Server = server;
        Id = id;
        Outbound = new Outbound(socket, server);
        _slot = server.Connections.Add(this);
    }

    /// <summary>Whether it is gone, or about to be. Any thread.</summary>
    internal bool HasEnded => _phase >= ConnectionPhase.Ended;

    /// <summary>What it shares with the server's other connections. Any thread.</summary>
    internal ServerContext Server { get; }

    /// <summary>A number that no other connection has. Any thread.</summary>
    internal long Id { get; }

    /// <summary>Writes to the socket.</summary>
    internal Outbound Outbound { get; }

    /// <summary>For the shutdown, repeatedly: says 1001 to a client, ends a connection that has not become one. Any thread.</summary>
    /// <param name="isPatient">Whether to leave it alone while messages that it has sent are not processed, or its request is yet to come.</param>
    internal void GoAway(bool isPatient)
    {
        // One that has been answered has its own deadline. One that was accepted before may still ask how we are.
        WebSocketSession? session = Volatile.Read(ref _session);
        if (session is null && !isPatient && _phase == ConnectionPhase.Head)
        {
            Abort();
        }
        else if (session is not null && !Outbound.IsClosed && !(isPatient && (_socket.HasInput() || _holdsInput)))
        {
            session.Close(CloseCode.GoingAway, "server is shutting down", EndCause.Drain);
        }
    }

    /// <summary>Ends the connection at once, without a word to the peer. Any thread.</summary>
    /// <remarks>Only wakes the loop, which then cleans up: no other thread closes the socket under its hands.</remarks>
    internal void Abort()
    {
        // Before the shutdown: on Linux what a peer goes on sending can still be received after it, without end.
        _isAborted = true;

        // With a FIN only where there will be no reset, or where output waits.
        _socket.Shutdown(_end.IsCut && Outbound.WaitingSince == 0 ? SocketShutdown.Receive : SocketShutdown.Both);
    }

    /// <summary>Ends the connection with a reset (RST): within the loop's step when its output is sent. Any thread.</summary>
    internal void Reset()
    {
        Abort(EndCause.Application, "cut off by the application");
        if (Outbound.IsOnLoop)
        {
            _phase = ConnectionPhase.EndedWithInputLeft;
        }
    }

    /// <summary>Ends the connection at once, and says why in the log. Any thread.</summary>
    internal void Abort(EndCause cause, string reason)
    {
        _end.Note(CloseCode.AbnormalClosure, cause, reason);
        Abort();
    }

    /// <summary>Notes how the connection ends. The first note counts. Any thread.</summary>
    internal void NoteEnd(CloseCode code, EndCause cause, string reason) => _end.Note(code, cause, reason);

    /// <summary>Tells the heartbeat which actions are due at this time. Heartbeat only.</summary>
    /// <param name="now">As <see cref="MonotonicClock.Now"/>.</param>
    /// <param name="session">The WebSocket, once the handshake is done.</param>
    /// <exception cref="ObjectDisposedException">The connection has ended meanwhile.</exception>
    internal Due CheckDeadlines(long now, out WebSocketSession? session)
    {
        long waitingSince = Outbound.WaitingSince;
        bool isClosed = Outbound.IsClosed;
        session = Volatile.Read(ref _session);

        // While the server stops, a peer has the drain timeout for its Close; not to hang about after it.
        ConnectionStage stage = !isClosed ? (session is null ? ConnectionStage.Handshake : ConnectionStage.Open)
            : Server.IsStopping && _phase < ConnectionPhase.Lingering ? ConnectionStage.Draining
            : ConnectionStage.Closing;
        var output = new OutputProgress(waitingSince, waitingSince == 0 ? 0 : _socket.BytesAcked(), Outbound.CloseSentAt);
        return _deadlines.Check(stage, output, Server.Options, now);
    }

    /// <summary>Refuses a request that is not complete in time. Heartbeat only.</summary>
    internal void RefuseLateRequest() => Upgrade.RefuseLate(Server, _socket.Peer, Outbound);

    /// <summary>Adds the counts so far, unless a call that was the last has done so before. Under the gate of the server's counters.</summary>
    internal void AddCountsTo(ServerTotals sum, bool isLast)
    {
        if (_meter.AddTo(sum, isLast))
        {
            Outbound.AddCountsTo(sum);
            _session?.Deflate?.AddCountsTo(ref sum.CompressedReceived, ref sum.CompressedSent);
        }
    }

    /// <summary>The connection's loop: called once to start it, and by itself after each wait for input. Never throws.</summary>
    /// <returns>Complete when the loop waits for input, or the connection is gone and everything is given back.</returns>
    internal async Task RunAsync()
    {
        try
        {
            TimeSlice slice = BeginSlice();
            while (_phase < ConnectionPhase.Ended)
            {
                if (slice.WaitsFirst && !_socket.TakeInputSignal())
                {
                    if (_socket.TryWaitForInput(Resume, this))
                    {
                        // Nothing more here: the loop may be running elsewhere by now.
                        return;
                    }

                    slice = BeginSlice();
                }

                if (!slice.TryReceive(_meter.BytesReceived, Work))
                {
                    if (_socket.TryYield(Resume, this))
                    {
                        return;
                    }

                    slice = BeginSlice();
                }

                bool flushed = Step(ref slice, receives: true);
                while (!flushed)
                {
                    await Outbound.FlushAsync().ConfigureAwait(false);
                    if (slice.HasWorkedMuch(Work))
                    {
                        slice = BeginSlice();
                        await Task.Yield();
                    }

                    flushed = Step(ref slice, receives: false);
                }

                _meter.EndStep(Server.EchoTimes);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The peer reset the connection, or a deadline ended it: everyday things, told at debug level by End.
        }
        catch (Exception exception)
        {
            _end.Note(CloseCode.AbnormalClosure, EndCause.Fault, "the server failed");
            Server.Log.ConnectionFailed(exception, Id);
        }

        End();

        // Last: the stopping server waits for this.
        Server.Connections.Remove(_slot);
    }

    private long Work => (_session?.DeflateWork ?? 0) + (Outbound.BytesSent / TimeSlice.OutputBytesPerWork);

    private TimeSlice BeginSlice() => new(_meter.BytesReceived, Work);

    /// <summary>One step of the loop: receives, processes and sends, without waiting for anything.</summary>
    /// <param name="slice">The loop's.</param>
    /// <param name="receives">Whether to receive; else it goes on with input that had to wait for output, or for other connections.</param>
    /// <returns>As <see cref="Process"/>.</returns>
    private bool Step(ref TimeSlice slice, bool receives)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ServerOptions.ReceiveBytes);
        try
        {
            if (!receives)
            {
                return Process(slice, buffer, received: 0);
            }

            _holdsInput = true;
            Span<byte> room = buffer.AsSpan(_pendingInput.Length);
            if (!_socket.TryReceive(room, out int received))
            {
                _holdsInput = false;
                slice.WaitsFirst = true;
                return true;
            }

            if (received == 0)
            {
                _phase = _end.IsCut ? ConnectionPhase.EndedWithInputLeft : ConnectionPhase.Ended;
                return true;
            }

            slice.WaitsFirst = _socket.IsEmptyAfter(received, room.Length);
            _meter.BeginStep(received);
            return Process(slice, buffer, received);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Uses up as much input as it can, keeps the rest, and sends what that gave rise to.</summary>
    /// <param name="slice">The loop's.</param>
    /// <param name="buffer">The received bytes, behind room for those left over before.</param>
    /// <param name="received">How many bytes were received now.</param>
    /// <returns>False when output has to be waited for, or input was left for other connections' sake: nothing may be received before.</returns>
    private bool Process(in TimeSlice slice, byte[] buffer, int received)
    {
        if (_isAborted)
        {
            // Linux goes on receiving after a shutdown: a peer that goes on sending would keep the loop going without end.
            _phase = ConnectionPhase.EndedWithInputLeft;
            return true;
        }

        // Also with input that was left: the peer is not silent, there is more of it to be read than there was time for.
        _deadlines.NoteInput(Server.Now);
        int seenBefore = _pendingInput.Length;
        _pendingInput.MoveTo(buffer, Server.Budget);
        Span<byte> input = buffer.AsSpan(0, seenBefore + received);
        bool isHeldUp = false;
        Outbound.BeginStep();
        try
        {
            while (!input.IsEmpty && !isHeldUp)
            {
                int consumed = _phase switch
                {
                    ConnectionPhase.Head => ReadHead(input, seenBefore),
                    ConnectionPhase.Open => ReadFrame(input),
                    _ => input.Length,
                };
                if (consumed == 0)
                {
                    break;
                }

                input = input[consumed..];
                isHeldUp = !Outbound.TryFlushIfMuch() || (!input.IsEmpty && slice.HasWorkedMuch(Work));
            }

            KeepLeftOver(input);
            _holdsInput = isHeldUp;
        }
        finally
        {
            Outbound.EndStep();
        }

        if (!Outbound.TryFlush())
        {
            _deadlines.NoteWait(Server.Now);
            // Where there is no room for output that cannot be sent, there is none for a Close frame either.
            if (!Outbound.TryCountUnsent())
            {
                Abort(EndCause.Budget, "no memory left for output that the client does not read");
            }

            return false;
        }

        // The output is perhaps sent by now, but the input that was held up still has to be processed.
        return !isHeldUp && HalfCloseWhenDone();
    }

    private int ReadHead(ReadOnlySpan<byte> input, int seenBefore)
    {
        var upgrade = new Upgrade(Server, _socket.Peer, Outbound);
        switch (upgrade.Read(input, seenBefore, _isSurplus))
        {
            case UpgradeResult.Accepted:
                WebSocketSession session = Server.NewSession(this, upgrade.Accept(Id, out ConnectionInfo info));
                _phase = ConnectionPhase.Open;
                Volatile.Write(ref _session, session);
                Server.Counters.Opened(upgrade.IsCompressed);
                session.Open(info);
                return upgrade.HeadSize;
            case UpgradeResult.Answered:
                _phase = ConnectionPhase.Lingering;
                return input.Length;
            default:
                return 0;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int ReadFrame(Span<byte> input)
    {
        ProtocolEvent found = _session!.Receive(input, out int consumed, out int messageBytes);
        switch (found)
        {
            case ProtocolEvent.Text or ProtocolEvent.Binary:
                _meter.CountMessage(found == ProtocolEvent.Text ? Opcode.Text : Opcode.Binary, messageBytes);
                _deadlines.NoteMessageEnd();
                break;
            case ProtocolEvent.Ping or ProtocolEvent.Pong when !_session.IsInMessage:
                // What arrives in parts after a whole control frame is something new.
                _deadlines.NoteMessageEnd();
                break;
            case ProtocolEvent.Closed:
                _phase = ConnectionPhase.Lingering;
                break;
        }

        return consumed;
    }

    private void KeepLeftOver(ReadOnlySpan<byte> input)
    {
        if (!_pendingInput.TryKeep(input, Server.Budget))
        {
            RefuseForWantOfMemory();
        }

        bool isUnderWay = _phase == ConnectionPhase.Open && _session!.IsOpen && (_pendingInput.Length > 0 || _session.IsInMessage);
        _deadlines.NoteMessage(isUnderWay, isUnderWay ? MonotonicClock.Now : 0);
    }

    /// <summary>There is no room for input that has to be kept.</summary>
    private void RefuseForWantOfMemory()
    {
        switch (_phase)
        {
            case ConnectionPhase.Head:
                new Upgrade(Server, _socket.Peer, Outbound).RefuseForWantOfMemory();
                _phase = ConnectionPhase.Lingering;
                break;
            case ConnectionPhase.Open when _session!.IsOpen:
                _session.Fail(new(CloseCode.TryAgainLater, "no memory left for a message that arrives in parts or has to wait"));
                break;
            default:
                Abort();
                break;
        }
    }

    /// <summary>After the last byte is sent: tells the peer that no more comes, and waits for it to say the same.</summary>
    /// <returns>False while another thread is still sending the last words: the 408, a Close. To be awaited, and tried again.</returns>
    /// <remarks>Closing a socket while input is unread resets the connection, and a reset can overtake our last words.</remarks>
    private bool HalfCloseWhenDone()
    {
        if (_phase == ConnectionPhase.Lingering && !Outbound.IsSending)
        {
            _phase = ConnectionPhase.HalfClosed;
            _socket.Shutdown(SocketShutdown.Send);
        }

        return _phase != ConnectionPhase.Lingering;
    }

    private void End()
    {
        // Unsent output is awaited by nothing any more: the kernel drops it now instead of keeping it for minutes. A peer that still
        // sends after an abort is told by a reset: after a shutdown Linux sends no window update any more, and the peer would hang
        // in its send, and the kernel keep its half, for a minute.
        bool isUnsent = Outbound.WaitingSince != 0 || Outbound.PendingBytes > 0;
        _socket.Close(dropsOutput: isUnsent || _phase == ConnectionPhase.EndedWithInputLeft);
        _phase = ConnectionPhase.Ended;
        Outbound.End();
        _session?.Release();
        _pendingInput.Drop(Server.Budget);
        Server.Counters.Ended(this, _session is null ? null : _end.Code, _end.Cause);
        _session?.Closed(_end, new(_meter.MessagesReceived, _meter.BytesReceived, Outbound.BytesSent, _deadlines.Age(MonotonicClock.Now)));
    }
}

/// <summary>How far a connection is.</summary>
internal enum ConnectionPhase : byte
{
    /// <summary>Reading the request head.</summary>
    Head,

    /// <summary>The protocol reads.</summary>
    Open,

    /// <summary>All is said: input is dropped, and our side is shut down when the last output is sent.</summary>
    Lingering,

    /// <summary>Our side is shut down; input is dropped until the peer shuts down its side.</summary>
    HalfClosed,

    /// <summary>To be cleaned up.</summary>
    Ended,

    /// <summary>To be cleaned up, after an abort that a sending peer has to be told of.</summary>
    EndedWithInputLeft,
}

/// <summary>How much a connection may do in one go, so that one flood cannot keep an I/O thread from its other connections.</summary>
/// <remarks>
/// At the end of its slice the connection goes to the back of its I/O thread's queue, or, with input that it has received already, of the
/// thread pool's. A mutable value of the connection's loop, which begins one each time it is called.
/// </remarks>
/// <param name="bytesBefore">Bytes that the connection has received so far.</param>
/// <param name="workBefore">What compression and output have cost so far.</param>
internal struct TimeSlice(long bytesBefore, long workBefore)
{
    /// <summary>How many bytes of output count as one of work. An echo has about as many as its message, and never comes to the limit.</summary>
    internal const int OutputBytesPerWork = 4;

    private const int MaxReceives = 16;
    private const int MaxBytes = 2 * ServerOptions.ReceiveBytes;

    // Compression counts by its work (PerMessageDeflate.Work): a few received bytes can become a thousand times as many. So can those of
    // a short message that a scenario sends back in a thousand frames.
    private const int MaxWork = MaxBytes;

    private int _receives;

    /// <summary>Whether the socket is known to be empty, so that input is waited for before the next receive. False at the start of a slice.</summary>
    /// <remarks>
    /// Waiting is left out, a system call less, while data is there each time the loop looks, and at the start, where a request
    /// usually is there already.
    /// </remarks>
    internal bool WaitsFirst { get; set; }

    /// <summary>Counts a receive that is about to be tried.</summary>
    /// <returns>False when the slice is over.</returns>
    internal bool TryReceive(long bytesReceived, long work) =>
        ++_receives <= MaxReceives && bytesReceived - bytesBefore < MaxBytes && !HasWorkedMuch(work);

    /// <summary>Whether compression and output alone have used up the slice.</summary>
    internal readonly bool HasWorkedMuch(long work) => work - workBefore >= MaxWork;
}
