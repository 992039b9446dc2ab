using System.Net.Sockets;
using EchoServer.Metrics;
using EchoServer.WebSockets;

namespace EchoServer.Server;

/// <content>What other threads send, and the turn that both sides take.</content>
internal sealed partial class Outbound
{
    /// <summary>Sends or queues a frame from outside the loop. Any thread but the loop's.</summary>
    /// <returns>What became of it.</returns>
    internal PostResult Post(Opcode opcode, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return PostResult.Closed;
            }

            // A Close frame is small and the last one: it always fits.
            bool fits = opcode == Opcode.Close || first.Length + (long)second.Length + _queued.Length <= _maxQueuedBytes;
            if (!fits)
            {
                return PostResult.NoRoom;
            }

            // Pings and Closes come one at a time and are small. By themselves they are not counted: a budget that others have used
            // up must not cost a connection that is merely idle, nor keep one from being told why it ends. But what was counted
            // before them still is when they made it move to a larger array.
            bool isData = opcode < Opcode.Close;
            bool isToBeCounted = isData || _queued.IsCounted;
            _queued.AppendFrame(opcode, first, second);
            if (isToBeCounted && !_queued.TryCount(_budget) && isData)
            {
                RefuseMore();
                return PostResult.NoRoom;
            }

            _posted.Count(opcode, first.Length + second.Length);
            _pingsPosted += opcode == Opcode.Ping ? 1 : 0;
            _closed = opcode == Opcode.Close;
            if (_turnTaken)
            {
                return PostResult.Accepted;
            }

            _turnTaken = true;
        }

        _ = SendQueuedAsync();
        return PostResult.Accepted;
    }

    /// <summary>Sends the answer to a request that never became whole, and then ends our side. Any thread but the loop's.</summary>
    /// <returns>False when something else is being sent, or was the last: try again later.</returns>
    internal bool PostLastAnswer(ReadOnlySpan<byte> answer)
    {
        lock (_gate)
        {
            if (_closed || _turnTaken)
            {
                return false;
            }

            _closed = _turnTaken = true;
            _queued.Append(answer);
        }

        _ = SendLastAnswerAsync();
        return true;
    }

    /// <summary>Adds what was sent so far. Any thread.</summary>
    internal void AddCountsTo(ServerTotals sum)
    {
        sum.Sent.Add(_gathered);
        sum.Sent.Add(_posted);
        sum.PingsSent += _pingsPosted;
        sum.NetworkBytesSent += _bytesSent;
    }

    /// <summary>Takes the turn for the loop. Under the gate.</summary>
    /// <returns>Whether the loop has it.</returns>
    private bool TakeTurn()
    {
        if (!_turnTaken)
        {
            _turnTaken = _loopHasTurn = true;
            _queuedByLoop = 0;
        }

        return _loopHasTurn;
    }

    /// <summary>At the end of a turn: true with the bytes that were queued meanwhile, or false when the turn is given back.</summary>
    private bool TakeQueuedOrGiveBackTurn()
    {
        TaskCompletionSource? waiting;
        lock (_gate)
        {
            if (_queued.Length > 0)
            {
                _sending = _queued;
                _queued = default;
                return true;
            }

            Volatile.Write(ref _waitingSince, 0);
            if (_closed && _closeSentAt == 0)
            {
                Volatile.Write(ref _closeSentAt, Heartbeat.Now);
            }

            _turnTaken = false;
            waiting = _turnFree;
            _turnFree = null;
        }

        waiting?.SetResult();
        return false;
    }

    /// <summary>Sends everything, and gives back the turn. Only who has it.</summary>
    private async ValueTask SendAllAsync()
    {
        do
        {
            while (_sending.Length > 0)
            {
                Volatile.Write(ref _waitingSince, Heartbeat.Now);
                int sent;
                while (!_socket.TrySend(_sending.Waiting, out sent))
                {
                    await _socket.WritableAsync().ConfigureAwait(false);
                }

                _bytesSent += sent;
                _sending.Consume(sent);
            }
        }
        while (TakeQueuedOrGiveBackTurn());
    }

    /// <summary>The turn of a thread that is not the loop.</summary>
    private async Task SendQueuedAsync()
    {
        try
        {
            await SendAllAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The connection is broken; its loop finds that out by itself. Nothing queued has anywhere to go.
            lock (_gate)
            {
                RefuseMore();
                _sending.Clear();
            }

            TakeQueuedOrGiveBackTurn();
        }
    }

    private async Task SendLastAnswerAsync()
    {
        await SendQueuedAsync().ConfigureAwait(false);
        _socket.Shutdown(SocketShutdown.Send);
    }

    /// <summary>Under the gate.</summary>
    private void RefuseMore()
    {
        _closed = true;
        _queued.Clear();
    }
}

/// <summary>What became of a frame that another thread wanted to send.</summary>
internal enum PostResult
{
    /// <summary>It is sent, or queued.</summary>
    Accepted,

    /// <summary>The connection is closing or gone: nothing more can be sent.</summary>
    Closed,

    /// <summary>Too much waits for this client, or for all of them: the connection cannot go on.</summary>
    NoRoom,
}
