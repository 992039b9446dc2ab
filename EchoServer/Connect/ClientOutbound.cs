using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using EchoServer.Transport;
using EchoServer.WebSockets;

namespace EchoServer.Connect;

/// <summary>The only writer to the stream of a <see cref="ClientConnection"/>: masks frames and sends them one at a time.</summary>
/// <remarks>Safe on any thread. A message is compressed in its turn, unless the function is null or returns null.</remarks>
[SuppressMessage("Reliability", "CA1001", Justification = "Senders may still wait for their turn when the connection ends.")]
internal sealed class ClientOutbound(Stream stream, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>?>? compress = null)
{
    // A send that meets a reset fails at once; one that waits for the server to read may wait for ever.
    private static readonly TimeSpan SendPatience = TimeSpan.FromMilliseconds(100);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private byte[]? _pongDue;
    private volatile Exception? _failure;
    private byte[]? _close;
    private volatile bool _isCloseSent;

    /// <summary>The time of the last send, as a <see cref="Stopwatch"/> timestamp.</summary>
    internal long SentAt { get; private set; } = Stopwatch.GetTimestamp();

    /// <summary>Sends the Close frame; already complete while none was accepted.</summary>
    internal Task Closing { get; private set; } = Task.CompletedTask;

    /// <summary>The Close frame that was accepted; null while none was.</summary>
    internal (CloseCode Code, string Reason)? Close
    {
        get
        {
            if (_close is null)
            {
                return null;
            }

            ClosePayload.Read(_close, out CloseCode code, out ReadOnlySpan<byte> reason);
            return (code, Encoding.UTF8.GetString(reason));
        }
    }

    /// <summary>Returns the reset that a send has met, if one has: the kernel tells of it once, and the receiver then sees an orderly end.</summary>
    internal async Task<Exception?> FindResetAsync()
    {
        if (await _turn.WaitAsync(SendPatience).ConfigureAwait(false))
        {
            _turn.Release();
        }

        return _failure?.GetBaseException() is SocketException { SocketErrorCode: SocketError.ConnectionReset } ? _failure : null;
    }

    /// <summary>Sends a frame, in the order of the calls.</summary>
    /// <exception cref="IOException">The connection is broken, or a Close was sent.</exception>
    internal async Task SendAsync(Opcode opcode, ReadOnlyMemory<byte> payload, bool isFinal)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            await WriteAsync(opcode, payload, isFinal).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }

        // Not awaited: a server that pings without pause would keep the sender. The receiver learns of a failure.
        _ = SendPongAsync();
    }

    /// <summary>Sends the pong that is due. A sender that has the turn sends it afterwards.</summary>
    private async Task SendPongAsync()
    {
        while (Volatile.Read(ref _pongDue) is not null && await _turn.WaitAsync(TimeSpan.Zero).ConfigureAwait(false))
        {
            try
            {
                if (Interlocked.Exchange(ref _pongDue, null) is byte[] payload && !_isCloseSent)
                {
                    await WriteAsync(Opcode.Pong, payload, isFinal: true).ConfigureAwait(false);
                }
            }
            catch (IOException)
            {
                // The receiver learns the reason.
                return;
            }
            finally
            {
                _turn.Release();
            }

            // Sends may be complete at once: the caller is not to send the pongs of later pings.
            await Task.Yield();
        }
    }

    private async Task WriteAsync(Opcode opcode, ReadOnlyMemory<byte> payload, bool isFinal)
    {
        if (_isCloseSent)
        {
            throw new IOException("the connection is closing");
        }

        // RFC 6455 §5.3: a fresh key for every frame, from a strong source.
        uint key = BitConverter.ToUInt32(StrongRandom.Bytes(sizeof(uint)));
        ReadOnlyMemory<byte>? compressed = isFinal && opcode is (Opcode.Text or Opcode.Binary) ? compress?.Invoke(payload) : null;
        ReadOnlyMemory<byte> body = compressed ?? payload;
        byte[] frame = new byte[Frame.SizeOfHeader(body.Length, masked: true) + body.Length];
        Frame.Write(frame, opcode, body.Span, default, key, isCompressed: compressed is not null, isFinal: isFinal);
        try
        {
            await stream.WriteAsync(frame).ConfigureAwait(false);
            await stream.FlushAsync().ConfigureAwait(false);
            SentAt = Stopwatch.GetTimestamp();

            // RFC 6455 §5.5.1: "The application MUST NOT send any more data frames after sending a Close frame."
            _isCloseSent = opcode == Opcode.Close;
        }
        catch (Exception exception) when (Step.IsOfNetwork(exception))
        {
            _failure = exception;
            throw new IOException("the connection is broken", exception);
        }
    }

    /// <summary>Takes the frames of the protocol. It never waits, because the receiver calls it: the server may be waiting for it to read.</summary>
    internal readonly struct Sink(ClientOutbound outbound) : IFrameSink
    {
        public bool IsClosed => outbound._close is not null;

        /// <summary>Takes a pong. Of several only the last is owed (RFC 6455 §5.5.3).</summary>
        public bool Write(Opcode opcode, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
        {
            Volatile.Write(ref outbound._pongDue, first.ToArray());
            _ = outbound.SendPongAsync();
            return !IsClosed;
        }

        public bool WriteCompressed(Opcode opcode, ReadOnlySpan<byte> payload, int messageBytes) => throw new NotSupportedException();

        public bool WriteClose(ReadOnlySpan<byte> payload)
        {
            byte[] close = payload.ToArray();
            if (Interlocked.CompareExchange(ref outbound._close, close, null) is not null)
            {
                return false;
            }

            outbound.Closing = outbound.SendAsync(Opcode.Close, close, isFinal: true);
            return true;
        }
    }
}
