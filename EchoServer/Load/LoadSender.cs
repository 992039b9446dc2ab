using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using EchoServer.Load.Report;
using EchoServer.WebSockets;
using EchoServer.WebSockets.Compression;

namespace EchoServer.Load;

/// <summary>Sends for one connection: the messages of a run, pongs and the Close, all that is due in one call.</summary>
/// <remarks>
/// Any thread may ask it to send. One thread at a time has the turn; it never waits, and sends also for those that asked meanwhile.
/// What compresses messages, where that was agreed on, belongs to the thread with the turn and is released in it.
/// </remarks>
internal sealed class LoadSender(LoadConnection connection, LoadContext context, EchoWindow window, PerMessageDeflate? deflate)
{
    // The most bytes that one call gathers, unless one message is larger.
    private const int GatherBytes = 256 * 1024;

    // What a compressed message may have more than the message: see PerMessageDeflate.RoomFor.
    private const int MaxGrowth = 64;

    // Set by any thread.
    private volatile Place? _place;
    private volatile byte[]? _pongDue;
    private byte[]? _closeDue;

    // The requests to send since the thread with the turn looked; above 0 while a thread has the turn.
    private int _requests;

    // These belong to the thread with the turn.
    private byte[]? _output;
    private int _outputStart;
    private int _outputEnd;
    private bool _isCloseSent;
    private ConfiguredValueTaskAwaitable<int> _sending;
    private Action? _onSent;
    private volatile bool _isBroken;

    /// <summary>The run that messages are sent for; null before the first.</summary>
    internal LoadRun? Run => _place?.Run;

    internal bool IsIdle => Volatile.Read(ref _requests) == 0;

    /// <summary>Whether sending failed: nothing is sent after that.</summary>
    internal bool IsBroken => _isBroken;

    /// <summary>Whether a Close was accepted to be sent, this end's or the answer to the server's.</summary>
    internal bool IsClosing => Volatile.Read(ref _closeDue) is not null;

    /// <summary>How many messages were sent, those of the connections before it in its place included.</summary>
    internal long Sent => window.Sent;

    internal long SentInRun => _place is Place place ? window.Sent - place.FirstMessage : 0;

    /// <summary>Messages of the run that are due and not sent; 0 without a rate.</summary>
    internal long Unsent => _place is { Run.Pace: Pace pace } place ? Math.Max(0, pace.DueOf(place.Rank) - (window.Sent - place.FirstMessage)) : 0;

    /// <summary>Begins to send for a run. Only while the connection is quiet.</summary>
    internal void Begin(LoadRun run, int rank) => _place = new Place(run, rank, window.Sent);

    /// <summary>Takes the place in the run from the sender of a connection that has ended.</summary>
    internal void TakeOver(LoadSender ended) => _place = ended._place;

    /// <summary>Sends what may be sent. If another thread is sending, it does so.</summary>
    internal void Pump()
    {
        if (Interlocked.Increment(ref _requests) == 1)
        {
            SendAll(resumes: false);
        }
    }

    /// <param name="resumes">Whether a send that had to wait is complete: then output may be left.</param>
    private void SendAll(bool resumes)
    {
        try
        {
            if (resumes)
            {
                _outputStart += _sending.GetAwaiter().GetResult();
                if (!TrySend())
                {
                    return;
                }
            }

            while (true)
            {
                int seen = Volatile.Read(ref _requests);
                while (Gather())
                {
                    if (!TrySend())
                    {
                        // The turn is kept until OnSent goes on.
                        return;
                    }
                }

                if (Interlocked.Add(ref _requests, -seen) == 0)
                {
                    return;
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The loop finds the same failure and reports it. The turn is never given back.
            End();
        }
        catch (Exception exception)
        {
            End();
            connection.Fail(exception);
        }
    }

    /// <returns>False when the kernel has no room: then <see cref="OnSent"/> goes on.</returns>
    private bool TrySend()
    {
        while (_outputStart < _outputEnd)
        {
            ValueTask<int> sending = connection.Transport.SendAsync(_output.AsMemory(_outputStart.._outputEnd));
            if (!sending.IsCompleted)
            {
                _sending = sending.ConfigureAwait(false);
                _sending.GetAwaiter().UnsafeOnCompleted(_onSent ??= OnSent);
                return false;
            }

            _outputStart += sending.GetAwaiter().GetResult();
        }

        ReturnOutput();
        return true;
    }

    private void OnSent() => SendAll(resumes: true);

    /// <summary>Puts what may be sent now into the output, which is empty.</summary>
    /// <returns>False when there is nothing to send.</returns>
    private bool Gather()
    {
        if (connection.HasEnded)
        {
            ReleaseCompression();
            return false;
        }

        if (_isCloseSent)
        {
            return false;
        }

        int count = MessagesToSend();
        byte[]? pong = _pongDue is null ? null : Interlocked.Exchange(ref _pongDue, null);
        byte[]? close = Volatile.Read(ref _closeDue);
        if (count == 0 && pong is null && close is null)
        {
            return false;
        }

        int frameBytes = Frame.MaxHeaderSize + context.Options.MessageBytes + (deflate is null ? 0 : MaxGrowth);
        int controlBytes = 2 * (Frame.MaxHeaderSize + Frame.MaxControlPayload);
        _output = ArrayPool<byte>.Shared.Rent((count * frameBytes) + controlBytes);
        _outputStart = _outputEnd = 0;
        if (pong is not null)
        {
            AppendControl(Opcode.Pong, pong);
        }

        long now = Stopwatch.GetTimestamp();
        for (Place? place = _place; count > 0; count--)
        {
            AppendMessage(place!.Run.Pace is Pace pace ? place.Run.StartedAt + pace.DueAt(place.Rank, window.Sent - place.FirstMessage) : now);
        }

        _isCloseSent = close is not null;
        if (_isCloseSent && context.IsWebSocket)
        {
            AppendControl(Opcode.Close, close);
        }
        else if (_isCloseSent)
        {
            connection.Transport.EndSending();
        }

        return true;
    }

    private int MessagesToSend()
    {
        LoadRun? run = Run;
        if (run is null || run.IsEnding || context.Options.IsHeldOnly || !connection.IsOpen)
        {
            return 0;
        }

        long count = Math.Max(1, GatherBytes / (Frame.MaxHeaderSize + context.Options.MessageBytes));
        count = context.Options.IsWindowed ? Math.Min(count, window.Free) : count;
        return (int)(run.Pace is null ? count : Math.Min(count, Unsent));
    }

    private void AppendMessage(long at)
    {
        if (!window.Send(at, out long number) && context.Options.ExpectsEcho)
        {
            connection.Errors.Add(LoadError.EchoMissing, $"connection {connection.Number}");
        }

        int size = context.Payload.SizeOf(number);
        uint key = context.IsWebSocket ? MaskingKeys.Next() : 0;
        Opcode opcode = context.Options.IsText ? Opcode.Text : Opcode.Binary;
        if (deflate is not null)
        {
            AppendCompressed(deflate, opcode, number, size, key);
            return;
        }

        _outputEnd += context.IsWebSocket ? Frame.WriteHeader(_output.AsSpan(_outputEnd), opcode, size, maskingKey: key) : 0;
        context.Payload.Write(_output.AsSpan(_outputEnd), connection.Number, number, key);
        _outputEnd += size;
    }

    /// <summary>Appends a message, compressed where that makes it smaller, or those behind it.</summary>
    private void AppendCompressed(PerMessageDeflate deflate, Opcode opcode, long number, int size, uint key)
    {
        byte[] plain = ArrayPool<byte>.Shared.Rent(size);
        byte[] compressed = ArrayPool<byte>.Shared.Rent(size + MaxGrowth);
        context.Payload.Write(plain, connection.Number, number, maskingKey: 0);
        int room = deflate.RoomFor(0, size);
        int length = room == 0 ? 0 : deflate.Compress(default, plain.AsSpan(0, size), compressed.AsSpan(0, room));
        ReadOnlySpan<byte> payload = length > 0 ? compressed.AsSpan(0, length) : plain.AsSpan(0, size);
        _outputEnd += Frame.Write(_output.AsSpan(_outputEnd), opcode, payload, default, key, isCompressed: length > 0);
        ArrayPool<byte>.Shared.Return(plain);
        ArrayPool<byte>.Shared.Return(compressed);
    }

    private void AppendControl(Opcode opcode, ReadOnlySpan<byte> payload) =>
        _outputEnd += Frame.Write(_output.AsSpan(_outputEnd), opcode, payload, default, MaskingKeys.Next());

    /// <summary>Nothing is sent any more. The turn is kept.</summary>
    private void End()
    {
        ReturnOutput();
        ReleaseCompression();
        _isBroken = true;
    }

    private void ReleaseCompression()
    {
        deflate?.Release();
        deflate = null;
    }

    private void ReturnOutput()
    {
        if (_output is not null)
        {
            ArrayPool<byte>.Shared.Return(_output);
            _output = null;
        }
    }

    /// <summary>Takes the frames of the protocol. <see cref="Pump"/> sends them.</summary>
    internal readonly struct Sink(LoadSender sender) : IFrameSink
    {
        public bool IsClosed => sender.IsClosing;

        // A pong: RFC 6455 §5.5.3 allows to answer only the most recent of several pings.
        public bool Write(Opcode opcode, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
        {
            sender._pongDue = [.. first, .. second];
            return !sender.IsClosing;
        }

        public bool WriteCompressed(Opcode opcode, ReadOnlySpan<byte> payload, int messageBytes) =>
            throw new NotSupportedException("the protocol sends control frames only");

        public bool WriteClose(ReadOnlySpan<byte> payload) => Interlocked.CompareExchange(ref sender._closeDue, payload.ToArray(), null) is null;
    }

    private sealed record Place(LoadRun Run, int Rank, long FirstMessage);
}
