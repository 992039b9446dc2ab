using System.Net;
using EchoServer.Server;
using EchoServer.Transport;
using EchoServer.WebSockets;
using Microsoft.Extensions.Logging.Abstractions;

namespace EchoServer.Tests.Server;

/// <summary>How a connection's socket is closed: what no client can bring about at will.</summary>
internal sealed class ConnectionEndTests
{
    /// <summary>The client ends as soon as it has the Close, before the thread that sent it can say that it has.</summary>
    [Test]
    public async Task A_client_that_ends_while_another_thread_sends_the_Close_is_not_reset()
    {
        (ScriptedSocket socket, IWebSocketConnection session) = await OpenAsync();
        socket.Sending = frame =>
        {
            socket.Sending = null;
            Assert.That(frame[0], Is.EqualTo(0x88), "the Close");
            socket.ResumeAtEnd();
        };
        await Task.Run(() => session.Close(CloseCode.PolicyViolation));
        Assert.That(socket.DroppedOutput, Is.False);
    }

    [Test]
    public async Task A_client_that_ends_while_output_waits_for_room_is_reset()
    {
        (ScriptedSocket socket, IWebSocketConnection session) = await OpenAsync();
        socket.IsFull = true;
        await Task.Run(() => session.Send("more than there is room for"));
        socket.ResumeAtEnd();
        Assert.That(socket.DroppedOutput, Is.True);
    }

    private static async Task<(ScriptedSocket Socket, IWebSocketConnection Session)> OpenAsync()
    {
        var context = new ServerContext(new ServerOptions(), NullLogger.Instance);
        IWebSocketConnection? session = null;
        context.Configure = opened => session = opened;
        var socket = new ScriptedSocket(Encoding.ASCII.GetBytes(RawPeer.UpgradeRequest()));
        await new Connection(context, socket, id: 1, isSurplus: false).RunAsync();
        return (socket, session!);
    }

    /// <summary>Has one input, and then the end.</summary>
    private sealed class ScriptedSocket(byte[] input) : NonBlockingSocket(IPAddress.Loopback, 1)
    {
        private byte[]? _input = input;
        private bool _isAtEnd;
        private (Action<object?> Continuation, object? State) _waiting;

        /// <summary>Called with the bytes of a send, before the send returns.</summary>
        public Action<byte[]>? Sending { get; set; }

        public bool IsFull { get; set; }

        public bool? DroppedOutput { get; private set; }

        public void ResumeAtEnd()
        {
            _isAtEnd = true;
            _waiting.Continuation(_waiting.State);
        }

        internal override bool TryReceive(Span<byte> buffer, out int count)
        {
            count = _input?.Length ?? 0;
            _input?.CopyTo(buffer);
            bool isThere = _input is not null || _isAtEnd;
            _input = null;
            return isThere;
        }

        internal override bool IsEmptyAfter(int received, int room) => true;

        internal override bool TakeInputSignal() => false;

        internal override bool TryWaitForInput(Action<object?> continuation, object? state)
        {
            _waiting = (continuation, state);
            return true;
        }

        internal override bool TrySend(ReadOnlySpan<byte> bytes, out int count)
        {
            count = bytes.Length;
            Sending?.Invoke(bytes.ToArray());
            return !IsFull;
        }

        internal override ValueTask ReadableAsync() => throw new NotSupportedException();

        // Never again.
        internal override ValueTask WritableAsync() => new(new TaskCompletionSource().Task);

        internal override void Shutdown(SocketShutdown how)
        {
        }

        internal override bool HasInput() => false;

        internal override ulong BytesAcked() => 0;

        internal override void Close(bool dropsOutput) => DroppedOutput ??= dropsOutput;
    }
}
