using System.Buffers;
using System.Net.Sockets;
using EchoServer.Buffers;
using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.Load.Opening;
using EchoServer.Load.Report;
using EchoServer.WebSockets;
using EchoServer.WebSockets.Compression;

namespace EchoServer.Load;

/// <summary>One connection of the load, from the end of its handshake to its end.</summary>
/// <remarks>
/// <see cref="RunAsync"/> is its loop: one wait, then one step that receives, checks each echo, and has the <see cref="LoadSender"/>
/// fill the free places in one call. Between steps it holds no buffer. Sending does not delay the loop, because the server may wait
/// for the load to read before it reads itself. Any thread may call <see cref="Close"/> and <see cref="Abort"/>.
/// </remarks>
internal sealed class LoadConnection
{
    // The phases. While it is ending, its error is counted.
    private const int Active = 0;
    private const int Ending = 1;
    private const int Ended = 2;

    private const int ReceiveBytes = 128 * 1024;

    // As on the server: after that many receives the other connections of the thread have their turn.
    private const int MaxReceivesInOneGo = 16;

    private readonly LoadContext _context;
    private readonly EchoWindow _window;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WebSocketProtocol<LoadSender.Sink> _protocol;
    private PendingInput _pendingInput;
    private int _greetingsDue;
    private int _phase = Active;
    private volatile bool _isCloseReceived;
    private volatile bool _isAborted;
    private volatile bool _isCleanedUp;

    /// <summary>
    /// Makes the connection of an open transport, which it owns, after the answer to its handshake. The message numbers of a connection
    /// that it replaces go on.
    /// </summary>
    internal LoadConnection(LoadContext context, int number, LoadTransport transport, ReceivedHead? head, LoadErrors errors, long firstMessage)
    {
        _context = context;
        Transport = transport;
        Number = number;
        Errors = errors;
        _window = new EchoWindow(context.Payload, number, context.Options.InFlight, firstMessage);

        // One for each direction, because one thread may compress while another one decompresses.
        Sender = new LoadSender(this, context, _window, Compression());
        Outages = context.Options.Reconnects ? new OutageTracker() : null;

        // The load counts the code of the server's answer to its Close.
        _protocol = new(new MessageReader(Role.Client, context.Options.MaxReceivedBytes, budget: context.Budget, deflate: Compression()), new LoadSender.Sink(Sender)) { ReadsAfterClose = true };
        _greetingsDue = context.Dialect.Greetings.Count;

        PerMessageDeflate? Compression() => head is null ? null : Dialer.AgreedCompression(head);
    }

    /// <summary>The number of its place, from 0.</summary>
    internal int Number { get; }

    internal LoadTransport Transport { get; }

    internal bool IsCompressed => _protocol.Deflate is not null;

    internal LoadErrors Errors { get; private set; }

    internal LoadSender Sender { get; }

    /// <summary>Follows it out of service and back; null when connections are not opened again.</summary>
    internal OutageTracker? Outages { get; }

    /// <summary>Complete when the greeting was received, or the connection has ended.</summary>
    internal Task Ready => _ready.Task;

    internal bool HasEnded => Volatile.Read(ref _phase) == Ended;

    /// <summary>Whether its loop has ended: nothing is received or counted after that.</summary>
    internal bool IsCleanedUp => _isCleanedUp;

    /// <summary>Whether messages can be exchanged.</summary>
    internal bool IsOpen => !HasEnded && !Sender.IsClosing && _ready.Task.IsCompleted;

    internal bool IsCloseReceived => _isCloseReceived;

    /// <summary>Whether the load itself has given it up.</summary>
    internal bool IsAborted => _isAborted;

    /// <summary>Whether all that was sent has come back, and nothing is being sent.</summary>
    internal bool IsQuiet => !IsOpen || (Sender.IsIdle && _window.Outstanding == 0);

    internal long Outstanding => _window.Outstanding;

    /// <summary>Whether it has ended, and a new connection is to take its place.</summary>
    internal bool IsToBeReplaced => Outages is not null && !IsOpen && !_isAborted;

    /// <summary>Whether there is nothing to wait for: no echo, and no connection that takes its place.</summary>
    internal bool IsSettled => IsQuiet && Outages?.IsOut != true && !IsToBeReplaced;

    /// <summary>Whether no thread touches it any more.</summary>
    internal bool IsLeft => _isCleanedUp && (Sender.IsIdle || Sender.IsBroken);

    /// <summary>Runs the loop. Never throws; complete when the connection is gone.</summary>
    /// <param name="received">The bytes behind the answer to the handshake.</param>
    internal async Task RunAsync(byte[] received)
    {
        try
        {
            await LoopAsync(received).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            // After the server's Close a reset is not an error: bytes that were sent meanwhile may have met a closed socket.
            bool isReset = exception.GetBaseException() is SocketException { SocketErrorCode: SocketError.ConnectionReset };
            LoadError error = isReset ? LoadError.ConnectionReset : LoadError.EndedWithoutClose;
            End(_isCloseReceived ? null : error, NetworkDiagnosis.Of(exception, _context.Options.Connection.Url, Stage.Echo).Cause);
        }
        catch (Exception exception) when (exception is ObjectDisposedException or OperationCanceledException)
        {
            End(null);
        }
        catch (Exception exception)
        {
            Fail(exception);
        }

        _protocol.Release();
        _pendingInput.Drop(_context.Budget);
        Sender.Pump();
        _isCleanedUp = true;
    }

    /// <summary>Begins the closing handshake with 1000; messages in flight are not awaited.</summary>
    internal void Close()
    {
        _protocol.Close(CloseCode.NormalClosure, default);
        Sender.Pump();
    }

    /// <summary>Ends it without a Close and for good; counts no error.</summary>
    internal void Abort()
    {
        _isAborted = true;
        End(null);
    }

    /// <summary>Ends it without a Close, to be opened again.</summary>
    internal void CutOff() => End(null);

    /// <summary>Ends it because of a fault in this program, which must not end the process: the other connections and the report go on.</summary>
    internal void Fail(Exception exception) => End(LoadError.InternalError, EscapedText.From(exception.ToString().AsSpan()));

    /// <summary>Counts the echoes that did not come. Only once <see cref="IsCleanedUp"/>.</summary>
    internal void CountMissing() => CountMissing(_window.GiveUp());

    /// <summary>Counts the echoes that were passed over as missing. Only once <see cref="IsLeft"/>.</summary>
    /// <returns>How many other echoes were pending.</returns>
    internal int CountUnanswered()
    {
        int unanswered = (int)_window.Outstanding;
        CountMissing(_window.GiveUp() - unanswered);
        return unanswered;
    }

    /// <summary>Takes the place of a connection that has ended, in the same run.</summary>
    internal void TakeOver(LoadConnection ended, Outage outage, LoadErrors errors)
    {
        Outages!.Begin(outage);
        Errors = errors;
        Sender.TakeOver(ended.Sender);
    }

    /// <summary>Sends the messages that are due. Where none is, the connection counts as served at once.</summary>
    internal void Resume()
    {
        Sender.Pump();
        if (_window.Outstanding == 0)
        {
            Outages!.End(Stopwatch.GetTimestamp());
        }
    }

    /// <summary>One method, so that one state machine serves all waits.</summary>
    private async Task LoopAsync(byte[] received)
    {
        CheckReady();
        Process(received);
        bool waitsFirst = false;
        int receives = 0;
        while (!HasEnded)
        {
            if (waitsFirst)
            {
                ValueTask readable = Transport.WaitAsync();
                if (!readable.IsCompleted)
                {
                    receives = 0;
                }

                await readable.ConfigureAwait(false);
            }

            if (++receives > MaxReceivesInOneGo)
            {
                receives = 0;
                await Task.Yield();
            }

            byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Max(ReceiveBytes, _pendingInput.Length + _context.Options.MessageBytes));
            try
            {
                Memory<byte> room = buffer.AsMemory(_pendingInput.Length);
                int count = await Transport.ReceiveAsync(room).ConfigureAwait(false);
                waitsFirst = count == LoadTransport.NothingYet || Transport.IsEmptyAfter(count, room.Length);
                Take(buffer, count);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    private void Take(byte[] buffer, int received)
    {
        if (received == 0)
        {
            // Expected after a Close, and with raw TCP after this end's FIN.
            End(Sender.IsClosing ? null : LoadError.EndedWithoutClose);
        }
        else if (received != LoadTransport.NothingYet)
        {
            int held = _pendingInput.Length;
            _pendingInput.MoveTo(buffer, _context.Budget);
            Process(buffer.AsSpan(0, held + received));
        }
    }

    /// <summary>Takes as much input as it can, keeps the rest, and fills the places that became free.</summary>
    private void Process(Span<byte> input)
    {
        // One reading of the clock for all bytes of one receive, because they arrived together.
        long now = Stopwatch.GetTimestamp();
        ThreadTally? tally = Sender.Run?.Tally;
        int consumed = -1;
        while (!input.IsEmpty && consumed != 0 && !HasEnded)
        {
            consumed = _context.IsWebSocket ? ReadFrame(input, now, tally) : ReadBytes(input, now, tally);
            input = input[consumed..];
        }

        if (!_pendingInput.TryKeep(input, _context.Budget))
        {
            End(LoadError.MessageTooLarge, $"no memory left for {Numbers.Of(input.Length, "byte")} of input");
        }

        Sender.Pump();
    }

    private int ReadBytes(ReadOnlySpan<byte> input, long now, ThreadTally? tally)
    {
        int size = _context.Options.MessageBytes;
        if (input.Length < size)
        {
            return 0;
        }

        ReceiveEcho(input[..size], now, tally);
        return size;
    }

    private int ReadFrame(Span<byte> input, long now, ThreadTally? tally)
    {
        if (_isCloseReceived)
        {
            return input.Length;
        }

        // Before the protocol answers a Close of the server.
        bool isClosing = Sender.IsClosing;
        switch (_protocol.Receive(input, out int consumed, out ReadOnlySpan<byte> payload))
        {
            case ProtocolEvent.Text:
            case ProtocolEvent.Binary:
                ReceiveMessage(payload, isClosing, now, tally);
                _protocol.ReleaseMessage();
                break;
            case ProtocolEvent.Closed:
                ReceiveClose(payload, isClosing);
                break;
            case ProtocolEvent.Failed:
                // RFC 6455 §7.1.7, Fail the WebSocket Connection: the Close goes out first.
                Sender.Pump();
                ProtocolViolation violation = _protocol.Violation!;
                End(EndDiagnosis.IsOwnLimit(violation.Code) ? LoadError.MessageTooLarge : LoadError.ProtocolViolation, violation.Reason);
                break;
        }

        return consumed;
    }

    private void ReceiveMessage(ReadOnlySpan<byte> payload, bool isClosing, long now, ThreadTally? tally)
    {
        if (_greetingsDue > 0)
        {
            _greetingsDue--;
            CheckReady();
        }
        else if (_context.Options.IsHeldOnly)
        {
            // Nothing was sent: it is dropped.
        }
        else if (!_context.Options.ExpectsEcho)
        {
            tally?.Add(now, _window.TryAnswer(out long sentAt) ? now - sentAt : null, payload.Length);
            Outages?.End(now);
        }
        else if (!isClosing)
        {
            byte[] prefix = _context.Dialect.Prefix;
            ReceiveEcho(payload.StartsWith(prefix) ? payload[prefix.Length..] : payload, now, tally);
        }
    }

    private void ReceiveEcho(ReadOnlySpan<byte> payload, long now, ThreadTally? tally)
    {
        if (_window.Receive(payload, out long sentAt) is LoadError error)
        {
            Errors.Add(error, $"connection {Number}: {payload.Length} bytes '{EscapedText.Quote(payload)}'");
            return;
        }

        tally?.Add(now, now - sentAt, payload.Length);
        Outages?.End(now);
    }

    private void ReceiveClose(ReadOnlySpan<byte> reason, bool isAnswer)
    {
        CloseCode code = _protocol.PeerCode!.Value;
        Errors.AddCloseCode(code);

        // An unrequested Close is an error, unless it invites the client to come again and the load does.
        if (!isAnswer && Outages?.TryDrain(code) != true)
        {
            Errors.Add(LoadError.ClosedByServer, ClosePayload.Describe(code) + (reason.IsEmpty ? "" : $": {EscapedText.Quote(reason)}"));
        }

        // RFC 6455 §7.1.1: the server ends the TCP connection first.
        _isCloseReceived = true;
        _ready.TrySetResult();
        Outages?.NoteLost();
    }

    private void CheckReady()
    {
        if (_greetingsDue == 0)
        {
            _ready.TrySetResult();
        }
    }

    private void CountMissing(int missing)
    {
        for (; missing > 0 && _context.Options.ExpectsEcho; missing--)
        {
            Errors.Add(LoadError.EchoMissing, $"connection {Number}");
        }
    }

    /// <summary>Ends the connection: the first call counts. The loop cleans up.</summary>
    private void End(LoadError? error, string example = "")
    {
        if (Interlocked.CompareExchange(ref _phase, Ending, Active) != Active)
        {
            return;
        }

        if (error is LoadError kind)
        {
            Errors.Add(kind, example);
        }

        Volatile.Write(ref _phase, Ended);
        Transport.Dispose();
        _ready.TrySetResult();
        Outages?.NoteLost();
    }
}
