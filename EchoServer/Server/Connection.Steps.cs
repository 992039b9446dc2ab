using System.Buffers;
using System.Net.Sockets;
using EchoServer.Metrics;

namespace EchoServer.Server;

/// <content>One step of the loop: receive, process, send, without waiting for anything.</content>
internal sealed partial class Connection
{
    private bool ReceiveAndProcess()
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ServerOptions.ReceiveBytes);
        try
        {
            int held = _leftOver.Length;
            Span<byte> room = buffer.AsSpan(held);
            if (!_socket.TryReceive(room, out int received))
            {
                _waitsFirst = true;
                return true;
            }

            if (received == 0)
            {
                _phase = Phase.Ended;
                return true;
            }

            if (_isAborted)
            {
                // Linux goes on receiving after a shutdown: a peer that goes on sending would keep the loop going without end.
                return EndWithInputLeft();
            }

            _waitsFirst = _socket.IsEmptyAfter(received, room.Length);
            BeginTiming();
            _bytesReceived += received;
            _lastReceivedAt = _server.Now;
            _leftOver.MoveTo(buffer);
            return Process(buffer.AsSpan(0, held + received), seenBefore: held);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private bool EndWithInputLeft()
    {
        _receivedAfterAbort = true;
        _phase = Phase.Ended;
        return true;
    }

    /// <summary>Goes on with input that had to wait until output was sent, or others had their turn.</summary>
    private bool ProcessLeftOver()
    {
        if (_isAborted)
        {
            return EndWithInputLeft();
        }

        // The peer is not silent: there is more of it to be read than there was time for.
        _lastReceivedAt = _server.Now;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ServerOptions.ReceiveBytes);
        try
        {
            int held = _leftOver.Length;
            _leftOver.MoveTo(buffer);
            return Process(buffer.AsSpan(0, held), seenBefore: held);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Uses up as much input as it can, keeps the rest, and sends what that gave rise to.</summary>
    /// <returns>
    /// False when output has to be waited for, or input was left for its sake or for that of other connections: nothing may be
    /// received before.
    /// </returns>
    private bool Process(Span<byte> input, int seenBefore)
    {
        bool isHeldUp = false;
        _outbound.BeginTurn();
        _loopThread = Environment.CurrentManagedThreadId;
        try
        {
            while (!input.IsEmpty && !isHeldUp)
            {
                int consumed = _phase switch
                {
                    Phase.Head => ReadHead(input, seenBefore),
                    Phase.Open => ReadFrame(input),
                    Phase.Closing => AwaitClose(input),
                    _ => input.Length,
                };
                if (consumed == 0)
                {
                    break;
                }

                input = input[consumed..];
                isHeldUp = !SendPartIfMuch() || (!input.IsEmpty && HasDeflatedMuch());
            }

            KeepLeftOver(input);
            if (_isHeldUp != isHeldUp)
            {
                _isHeldUp = isHeldUp;
            }
        }
        finally
        {
            _loopThread = 0;
        }

        if (!_outbound.TryFlush())
        {
            EndUnless(_outbound.TryCountUnsent());
            return false;
        }

        // Not to be waited for any more, perhaps, but what was held up is still to be processed.
        return !isHeldUp && HalfCloseWhenDone();
    }

    private void KeepLeftOver(ReadOnlySpan<byte> input)
    {
        if (!_leftOver.TryKeep(input, _server.Budget))
        {
            RefuseForWantOfMemory();
        }

        NoteWhetherAMessageIsUnderWay();
    }

    /// <summary>Where there is no room for output that cannot be sent, there is none for a Close frame either.</summary>
    private void EndUnless(bool hasRoom)
    {
        if (!hasRoom)
        {
            Abort(EndCause.Budget, "no memory left for output that the client does not read");
        }
    }

    /// <summary>Sends what has been gathered so far, when it is much.</summary>
    /// <returns>False when some of it is left: no more input may be processed before it is sent.</returns>
    private bool SendPartIfMuch()
    {
        if (_outbound.GatheredBytes < ServerOptions.GatherBytes)
        {
            return true;
        }

        bool flushed = _outbound.TryFlush();
        _outbound.BeginTurn();
        return flushed;
    }

    /// <summary>After the last byte is sent: tells the peer that no more comes, and waits for it to say the same.</summary>
    /// <returns>False while another thread is still sending the last words: the 408, a Close. To be awaited, and tried again.</returns>
    /// <remarks>Closing a socket while input is unread resets the connection, and a reset can overtake our last words.</remarks>
    private bool HalfCloseWhenDone()
    {
        if (_phase != Phase.Lingering || _isHalfClosed)
        {
            return true;
        }

        if (_outbound.HasUnsent)
        {
            return false;
        }

        _isHalfClosed = true;
        _socket.Shutdown(SocketShutdown.Send);
        return true;
    }
}
