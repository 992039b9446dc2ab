using System.Net.Sockets;
using System.Text;
using EchoServer.Buffers;
using EchoServer.Metrics;
using EchoServer.WebSockets;

namespace EchoServer.Server;

/// <content>What any thread may ask of a connection: to send, to close, to end.</content>
internal sealed partial class Connection
{
    private bool IsOnLoop => _loopThread == Environment.CurrentManagedThreadId;

    /// <inheritdoc/>
    public void Send(string text)
    {
        using var buffer = new StepBuffer(Encoding.UTF8.GetMaxByteCount(text.Length));
        int length = Encoding.UTF8.GetBytes(text, buffer.Span);
        Send(Opcode.Text, default, buffer.Span[..length]);
    }

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> prefix, Message message) =>
        Send(message.IsText ? Opcode.Text : Opcode.Binary, prefix, message.Bytes);

    /// <inheritdoc/>
    public void Close(CloseCode code = CloseCode.NormalClosure, string reason = "") => Close(code, reason, EndCause.Application);

    /// <summary>For the shutdown: says 1001 to a client, ends a connection that has not become one. Any thread.</summary>
    /// <param name="isPatient">
    /// Whether to let it be while messages that it has sent already wait to be received or processed, or its request is yet to
    /// come: to be called again then.
    /// </param>
    internal void GoAway(bool isPatient)
    {
        if (Volatile.Read(ref _info) is null)
        {
            // One that has been answered has its own deadline. One that was accepted before may still ask how we are.
            if (!isPatient && _phase == Phase.Head)
            {
                Abort();
            }
        }
        else if (!_outbound.IsClosed && !(isPatient && (_isHeldUp || _socket.HasInput())))
        {
            Close(CloseCode.GoingAway, "server is shutting down", EndCause.Drain);
        }
    }

    /// <summary>Ends the connection at once, without a word to the peer. Any thread.</summary>
    /// <remarks>Only wakes the loop, which then cleans up: no other thread closes the socket under its hands.</remarks>
    internal void Abort()
    {
        // Before the shutdown: on Linux what a peer goes on sending can still be received after it, without end.
        _isAborted = true;
        _socket.Shutdown(SocketShutdown.Both);
    }

    private void Send(Opcode opcode, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        if (IsOnLoop)
        {
            GatherMessage(opcode, first, second);
        }
        else
        {
            Post(opcode, first, second);
        }
    }

    private void Post(Opcode opcode, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        if (_outbound.Post(opcode, first, second) == PostResult.NoRoom)
        {
            Abort(EndCause.Budget, "more waits for the client to read it than there is room for");
        }
    }

    private void Close(CloseCode code, string reason, EndCause cause)
    {
        Span<byte> payload = stackalloc byte[ClosePayload.MaxBytes];
        payload = payload[..ClosePayload.Write(payload, code, reason)];
        Close(new Ending(code, cause, "closed by the application"), payload);
    }

    private void Close(Ending ending, ReadOnlySpan<byte> payload)
    {
        if (_outbound.IsClosed)
        {
            return;
        }

        // Before the frame goes out: the peer's answer can end the loop, and be logged, at once.
        Interlocked.CompareExchange(ref _ending, ending, null);
        if (IsOnLoop)
        {
            _outbound.GatherClose(payload);
        }
        else
        {
            Post(Opcode.Close, payload, default);
        }
    }

    private void Abort(EndCause cause, string reason)
    {
        Interlocked.CompareExchange(ref _ending, new Ending(CloseCode.AbnormalClosure, cause, reason), null);
        Abort();
    }
}
