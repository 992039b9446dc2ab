using EchoServer.Diagnosis;
using EchoServer.WebSockets;
using EchoServer.WebSockets.Compression;

namespace EchoServer.Connect;

/// <summary>An open WebSocket as a client uses it: moves the bytes of a <see cref="WebSocketProtocol{TSink}"/>.</summary>
/// <remarks>
/// One thread at a time may receive, and any thread may send meanwhile. Pings and the server's Close are answered only while a receive
/// is under way.
/// </remarks>
internal sealed class ClientConnection : IDisposable, IAsyncDisposable
{
    /// <summary>The largest message that is received; a larger one fails the connection with 1009.</summary>
    internal const int MaxMessageBytes = 16 * 1024 * 1024;

    /// <summary>The longest wait for a Close to be sent or answered: the server may have stopped reading.</summary>
    internal static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(5);

    private const int BufferBytes = 64 * 1024;

    // Receives that may be done at once, before other work of the thread has its turn.
    private const int MaxReceivesInOneGo = 16;

    private const int RestingBytes = 512;

    [ThreadStatic]
    private static int _receives;

    private readonly TcpLink _link;
    private readonly ClientOutbound _outbound;
    private readonly Lock _lock = new();
    private WebSocketProtocol<ClientOutbound.Sink> _protocol;
    private byte[] _buffer;
    private int _start;
    private int _end;
    private Task<ClientEvent>? _receiving;
    private long _receivedAt = Stopwatch.GetTimestamp();
    private TimeSpan _idleBefore;
    private TimeSpan? _idleAtEnd;
    private bool _isReleased;

    /// <summary>Takes over a connection after its handshake, and the reader, which has the limits and the compression that was agreed on.</summary>
    internal ClientConnection(TcpLink link, ReceivedHead head, MessageReader reader, bool compresses = false)
    {
        _link = link;
        _outbound = new ClientOutbound(link.Stream, compresses && reader.Deflate is not null ? Compress : null);
        _protocol = new(reader, new(_outbound)) { ReadsAfterClose = true };
        _buffer = new byte[Math.Max(BufferBytes, head.Rest.Length)];
        head.Rest.CopyTo(_buffer, 0);
        _end = head.Rest.Length;
        Answer = head.Answer;
    }

    /// <summary>The heads of the handshake as they were on the wire.</summary>
    internal HandshakeHeads Heads => _link.Heads!;

    internal ReceivedAnswer Answer { get; }

    /// <summary>The subprotocol in use; null for none. Not escaped.</summary>
    internal string? Subprotocol => Answer.Field("Sec-WebSocket-Protocol");

    /// <summary>The extensions in use; null for none. Not escaped.</summary>
    internal string? Extensions => Answer.Field("Sec-WebSocket-Extensions");

    internal int PingsReceived { get; private set; }

    /// <summary>The compressed messages so far; null where compression was not agreed on.</summary>
    internal (CompressedCounts Received, CompressedCounts Sent)? Compressed
    {
        get
        {
            CompressedCounts received = default;
            CompressedCounts sent = default;
            _protocol.Deflate?.AddCountsTo(ref received, ref sent);
            return _protocol.Deflate is null ? null : (received, sent);
        }
    }

    /// <summary>The Close that this end sent; null while there is none.</summary>
    internal (CloseCode Code, string Reason)? SentClose => _outbound.Close;

    /// <summary>Whether <see cref="CloseAsync"/> began the closing handshake, and not the server or a violation.</summary>
    internal bool IsCloseOurs { get; private set; }

    /// <summary>The time since a byte was sent or received; after the end, the time that the end came after.</summary>
    internal TimeSpan IdleFor => _idleAtEnd ?? Stopwatch.GetElapsedTime(Math.Max(_receivedAt, _outbound.SentAt));

    /// <summary>Waits for the next event. Pings and a Close are answered.</summary>
    /// <exception cref="OperationCanceledException">The wait was stopped; the event is left for the next call.</exception>
    internal async Task<ClientEvent> ReceiveAsync(CancellationToken stop)
    {
        // Where a server never pauses, nothing below waits.
        stop.ThrowIfCancellationRequested();
        await TakeTurnAsync().ConfigureAwait(false);

        // Giving up a read would break a TLS stream, so the read outlives the wait.
        _receiving ??= ReceiveNextAsync();
        ClientEvent received = await _receiving.WaitAsync(stop).ConfigureAwait(false);
        _receiving = received.IsEnd ? _receiving : null;
        return received;
    }

    /// <summary>Waits for the next event up to a deadline.</summary>
    /// <returns>Null when the time is up, even if an event is there: a server that never pauses does not prolong the wait.</returns>
    internal async Task<ClientEvent?> ReceiveAsync(Deadline deadline, CancellationToken stop)
    {
        if (deadline.Left <= TimeSpan.Zero)
        {
            return null;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(deadline.Left);
        try
        {
            return await ReceiveAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            stop.ThrowIfCancellationRequested();
            return null;
        }
    }

    /// <summary>Waits for the next message up to a deadline; null when the time is up.</summary>
    /// <exception cref="ConnectionFailedException">The connection ended.</exception>
    internal async Task<ClientEvent?> ReceiveMessageAsync(Deadline deadline, Uri url, CancellationToken stop)
    {
        ClientEvent? received = await ReceiveAsync(it => it.IsMessage, deadline, stop).ConfigureAwait(false);
        return received is { IsEnd: true } ? throw ConnectionFailedException.Of(received, url) : received;
    }

    /// <summary>Waits up to a deadline for an event that is wanted, or the end, and passes over others; null when the time is up.</summary>
    internal async Task<ClientEvent?> ReceiveAsync(Predicate<ClientEvent> isWanted, Deadline deadline, CancellationToken stop)
    {
        ClientEvent? received;
        do
        {
            received = await ReceiveAsync(deadline, stop).ConfigureAwait(false);
        }
        while (received is { IsEnd: false } && !isWanted(received));
        return received;
    }

    /// <summary>Sends one frame, whatever it is.</summary>
    /// <remarks>Not Close; a reserved opcode shows how the server fails the connection. UTF-8 in a text message; at most 125 bytes in a control frame.</remarks>
    /// <exception cref="IOException">The connection is broken, or this end has closed it.</exception>
    internal Task SendAsync(Opcode opcode, ReadOnlyMemory<byte> payload, bool isFinal = true) => _outbound.SendAsync(opcode, payload, isFinal);

    /// <summary>Begins the closing handshake, unless it has begun. Events are received up to the server's Close.</summary>
    /// <exception cref="IOException">The connection is broken.</exception>
    internal Task CloseAsync(CloseCode code, string reason = "")
    {
        // The answer may arrive before this returns: it is not read before it is known whose Close it answers.
        lock (_lock)
        {
            IsCloseOurs |= _protocol.Close(code, reason);
            return _outbound.Closing;
        }
    }

    /// <summary>Keeps only a small buffer from now on: for thousands of idle connections.</summary>
    internal void GiveBackMemory()
    {
        if (_start == _end && _receiving is null)
        {
            _buffer = new byte[RestingBytes];
            _start = _end = 0;
        }
    }

    /// <summary>Waits until an answer to the server's Close is sent, and ends the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            Task answering = IsCloseOurs ? Task.CompletedTask : _outbound.Closing;
            await answering.WaitAsync(ClosePatience).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or TimeoutException)
        {
            // A server that has closed need not take the answer.
        }

        Dispose();
    }

    /// <summary>Ends the connection at once.</summary>
    public void Dispose()
    {
        _link.Dispose();
        lock (_lock)
        {
            if (!_isReleased)
            {
                _isReleased = true;
                _protocol.Release();
            }
        }
    }

    /// <summary>Compresses a message when its turn to be sent has come.</summary>
    /// <returns>Null when it is to be sent as it is.</returns>
    private ReadOnlyMemory<byte>? Compress(ReadOnlyMemory<byte> message)
    {
        lock (_lock)
        {
            if (_isReleased || _protocol.Deflate is not PerMessageDeflate deflate)
            {
                return null;
            }

            byte[] buffer = new byte[deflate.RoomFor(0, message.Length)];
            int length = buffer.Length > 0 ? deflate.Compress(default, message.Span, buffer) : 0;
            if (length == 0)
            {
                return null;
            }

            deflate.CountSent(length, message.Length);
            return buffer.AsMemory(0, length);
        }
    }

    private async Task<ClientEvent> ReceiveNextAsync()
    {
        ClientEvent? found;
        while ((found = Next() ?? await FillAsync().ConfigureAwait(false)) is null)
        {
            await TakeTurnAsync().ConfigureAwait(false);
        }

        _idleAtEnd = found.IsEnd ? _idleBefore : null;
        return found;
    }

    /// <summary>Lets other work run, once in so many calls on a thread: input may be there each time that it is looked for.</summary>
    private static async ValueTask TakeTurnAsync()
    {
        if (++_receives % MaxReceivesInOneGo == 0)
        {
            await Task.Yield();
        }
    }

    /// <summary>Takes the next event out of the bytes that have arrived.</summary>
    /// <returns>Null when more bytes are needed.</returns>
    private ClientEvent? Next()
    {
        // A connection may be disposed of while bytes arrive.
        lock (_lock)
        {
            int consumed = 1;
            while (consumed > 0 && !_isReleased)
            {
                ProtocolEvent found = _protocol.Receive(_buffer.AsSpan(_start.._end), out consumed, out ReadOnlySpan<byte> payload);
                _start += consumed;
                if (found != ProtocolEvent.None)
                {
                    PingsReceived += found == ProtocolEvent.Ping ? 1 : 0;
                    ClientEvent translated = Translate(found, payload);
                    _protocol.ReleaseMessage();
                    return translated;
                }
            }

            // The rest is less than a header or a control frame.
            _buffer.AsSpan(_start.._end).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
            return null;
        }
    }

    private ClientEvent Translate(ProtocolEvent found, ReadOnlySpan<byte> payload) => found switch
    {
        ProtocolEvent.Text => new(ClientEventKind.Text, payload.ToArray()),
        ProtocolEvent.Binary => new(ClientEventKind.Binary, payload.ToArray()),
        ProtocolEvent.Ping => new(ClientEventKind.Ping, payload.ToArray()),
        ProtocolEvent.Pong => new(ClientEventKind.Pong, payload.ToArray()),
        ProtocolEvent.Closed => new(ClientEventKind.Close, []) { Code = _protocol.PeerCode, Reason = Encoding.UTF8.GetString(payload) },
        _ => new(ClientEventKind.Violation, []) { Code = _protocol.Violation!.Code, Reason = _protocol.Violation.Reason },
    };

    /// <summary>Waits for bytes.</summary>
    /// <returns>Null when some came, otherwise the end.</returns>
    private async Task<ClientEvent?> FillAsync()
    {
        int count = 0;
        Exception? cause = null;
        try
        {
            count = await _link.Stream.ReadAsync(_buffer.AsMemory(_end)).ConfigureAwait(false);
            cause = count == 0 ? await _outbound.FindResetAsync().ConfigureAwait(false) : null;
        }
        catch (Exception exception) when (Step.IsOfNetwork(exception))
        {
            cause = exception;
        }

        _idleBefore = Stopwatch.GetElapsedTime(Math.Max(_receivedAt, _outbound.SentAt));
        _receivedAt = Stopwatch.GetTimestamp();
        _end += count;
        return count > 0 ? null : new(NetworkDiagnosis.EndOf(cause), []) { Cause = cause };
    }
}
