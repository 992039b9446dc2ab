using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using EchoServer.WebSockets;

namespace EchoServer.Connect;

/// <summary>An open connection, as the client commands use it.</summary>
/// <remarks>
/// One thread at a time may receive; any thread may send meanwhile. Somebody has to be receiving, or pings remain unanswered.
/// </remarks>
internal sealed class ClientConnection : IAsyncDisposable
{
    /// <summary>The largest message that is taken and kept; for a larger one the server is told 1009.</summary>
    internal const int MaxMessageBytes = 16 * 1024 * 1024;

    /// <summary>How long anybody waits for the last that there is to say, where a server may have stopped reading.</summary>
    internal static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(5);

    private const int ReceiveBytes = 64 * 1024;

    private readonly Stream _stream;
    private readonly IDisposable _owner;
    private readonly MessageReader _reader = new(Role.Client, MaxMessageBytes);
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly byte[] _received = new byte[ReceiveBytes];
    private byte[]? _pongDue;
    private int _start;
    private int _end;
    private volatile bool _isClosing;

    /// <param name="stream">Where frames go and come from.</param>
    /// <param name="owner">What is to be disposed of with it.</param>
    /// <param name="heads">The heads of the handshake.</param>
    /// <param name="subprotocol">What was agreed on; null for none.</param>
    /// <param name="received">What came behind the 101.</param>
    internal ClientConnection(Stream stream, IDisposable owner, HandshakeHeads heads, string? subprotocol, ReadOnlySpan<byte> received)
    {
        received.CopyTo(_received);
        _end = received.Length;
        _stream = stream;
        _owner = owner;
        Heads = heads;
        Subprotocol = subprotocol;
    }

    /// <summary>The heads of the handshake.</summary>
    internal HandshakeHeads Heads { get; }

    /// <summary>The subprotocol that was agreed on; null for none.</summary>
    internal string? Subprotocol { get; }

    /// <summary>The code of the Close that we sent; null when we have not.</summary>
    internal CloseCode? SentClose { get; private set; }

    /// <summary>The reason in it.</summary>
    internal string SentReason { get; private set; } = "";

    /// <summary>Whether the Close that we sent only answers the server's.</summary>
    internal bool IsCloseAnAnswer { get; private set; }

    /// <summary>Waits for what comes next. A ping is answered, and so is a Close.</summary>
    /// <exception cref="OperationCanceledException">It was stopped; nothing can be received after that.</exception>
    internal async ValueTask<ClientEvent> ReceiveAsync(CancellationToken stop)
    {
        ClientEvent? received = null;
        try
        {
            received = await ReceiveNextAsync(stop).ConfigureAwait(false);
            return received;
        }
        finally
        {
            // Here and not when the connection is disposed of, because that may happen while this is still reading.
            if (received is null or { IsEnd: true })
            {
                _reader.Abandon();
            }
        }
    }

    private async ValueTask<ClientEvent> ReceiveNextAsync(CancellationToken stop)
    {
        while (true)
        {
            if (Read() is ClientEvent found)
            {
                await AnswerAsync(found).ConfigureAwait(false);
                return found;
            }

            try
            {
                int count = await _stream.ReadAsync(_received.AsMemory(_end), stop).ConfigureAwait(false);
                if (count == 0)
                {
                    return new ClientEvent(ClientEventKind.Ended, []);
                }

                _end += count;
            }
            catch (Exception exception) when (IsBroken(exception))
            {
                return new ClientEvent(ClientEventKind.Broken, []) { Cause = exception };
            }
        }
    }

    /// <summary>Sends a whole message, or a ping or pong.</summary>
    /// <param name="opcode">What it is.</param>
    /// <param name="payload">UTF-8 for a text; at most 125 bytes for a ping or pong.</param>
    /// <exception cref="IOException">The connection is broken.</exception>
    internal Task SendAsync(Opcode opcode, ReadOnlyMemory<byte> payload) => SendAsync(opcode, payload, isFinal: true);

    /// <summary>Sends a frame.</summary>
    /// <param name="opcode">What it is.</param>
    /// <param name="payload">At most 125 bytes for a control frame.</param>
    /// <param name="isFinal">Whether it is the last of its message.</param>
    /// <exception cref="IOException">The connection is broken.</exception>
    internal async Task SendAsync(Opcode opcode, ReadOnlyMemory<byte> payload, bool isFinal)
    {
        await _writing.WaitAsync().ConfigureAwait(false);
        try
        {
            await WriteAsync(opcode, payload, isFinal).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }

        await SendPongAsync().ConfigureAwait(false);
    }

    /// <summary>Sends a Close, once. What the server still sends, its own Close included, is to be received afterwards.</summary>
    /// <param name="code">A code that may be sent; <see cref="CloseCode.NoStatusReceived"/> for none.</param>
    /// <param name="reason">The reason; cut at 123 bytes of UTF-8.</param>
    internal Task CloseAsync(CloseCode code, string reason = "") => CloseAsync(code, reason, isAnswer: false);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync().ConfigureAwait(false);
        _owner.Dispose();
    }

    private async Task CloseAsync(CloseCode code, string reason, bool isAnswer)
    {
        await _writing.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_isClosing)
            {
                return;
            }

            byte[] payload = new byte[ClosePayload.MaxBytes];
            int length = code == CloseCode.NoStatusReceived ? 0 : ClosePayload.Write(payload, code, reason);
            (SentClose, SentReason, IsCloseAnAnswer) = (code, length == 0 ? "" : Encoding.UTF8.GetString(payload, 2, length - 2), isAnswer);
            await WriteAsync(Opcode.Close, payload.AsMemory(0, length), isFinal: true).ConfigureAwait(false);

            // RFC 6455 §5.5.1: "The application MUST NOT send any more data frames after sending a Close frame."
            _isClosing = true;
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Reads what there is; null when more is needed, for which there is room then.</summary>
    private ClientEvent? Read()
    {
        while (true)
        {
            ReadResult result = _reader.Read(_received.AsSpan(_start.._end), out int consumed, out ReadOnlySpan<byte> payload);
            _start += consumed;
            switch (result)
            {
                case ReadResult.Message:
                    return new ClientEvent(_reader.IsText ? ClientEventKind.Text : ClientEventKind.Binary, payload.ToArray());
                case ReadResult.Ping:
                    return new ClientEvent(ClientEventKind.Ping, payload.ToArray());
                case ReadResult.Pong:
                    return new ClientEvent(ClientEventKind.Pong, payload.ToArray());
                case ReadResult.Close:
                    return ReadClose(payload);
                case ReadResult.Violation:
                    return new ClientEvent(ClientEventKind.Violation, []) { Code = _reader.Violation!.Code, Reason = _reader.Violation.Reason };
                case ReadResult.NeedMore when consumed > 0 && _start < _end:
                    continue;
            }

            // What is left is less than a header or a control frame.
            _received.AsSpan(_start.._end).CopyTo(_received);
            (_start, _end) = (0, _end - _start);
            return null;
        }
    }

    private static ClientEvent ReadClose(ReadOnlySpan<byte> payload)
    {
        return ClosePayload.Read(payload, out CloseCode code, out ReadOnlySpan<byte> reason) is ProtocolViolation violation
            ? new ClientEvent(ClientEventKind.Violation, []) { Code = violation.Code, Reason = violation.Reason }
            : new ClientEvent(ClientEventKind.Close, payload.ToArray()) { Code = code, Reason = Encoding.UTF8.GetString(reason) };
    }

    private async Task AnswerAsync(ClientEvent found)
    {
        try
        {
            switch (found.Kind)
            {
                case ClientEventKind.Ping:
                    // Not waited for: when the server waits for us to read, so does what we send. Of several only the last is
                    // owed an answer (RFC 6455 §5.5.3).
                    Volatile.Write(ref _pongDue, found.Payload);
                    _ = SendPongAsync();
                    break;
                case ClientEventKind.Close:
                case ClientEventKind.Violation:
                    // Behind what others are sending: to a server that has stopped reading it never goes out.
                    await CloseAsync(found.Code, "", isAnswer: true).WaitAsync(ClosePatience).ConfigureAwait(false);
                    break;
            }
        }
        catch (Exception exception) when (exception is IOException or TimeoutException)
        {
            // Who has closed need not wait for the answer.
        }
    }

    /// <summary>Sends the pong that is due, unless somebody is sending: they do it then.</summary>
    private async Task SendPongAsync()
    {
        while (Volatile.Read(ref _pongDue) is not null && await _writing.WaitAsync(TimeSpan.Zero).ConfigureAwait(false))
        {
            try
            {
                if (Interlocked.Exchange(ref _pongDue, null) is byte[] payload && !_isClosing)
                {
                    await WriteAsync(Opcode.Pong, payload, isFinal: true).ConfigureAwait(false);
                }
            }
            catch (IOException)
            {
                // Whoever receives learns of it.
                return;
            }
            finally
            {
                _writing.Release();
            }
        }
    }

    private async Task WriteAsync(Opcode opcode, ReadOnlyMemory<byte> payload, bool isFinal)
    {
        if (_isClosing)
        {
            throw new IOException("the connection is closing");
        }

        uint key = BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint)));
        byte[] frame = new byte[Frame.SizeOfHeader(payload.Length, masked: true) + payload.Length];
        Frame.Write(frame, opcode, payload.Span, default, key, isFinal: isFinal);
        try
        {
            await _stream.WriteAsync(frame).ConfigureAwait(false);
            await _stream.FlushAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (IsBroken(exception))
        {
            throw new IOException("the connection is broken", exception);
        }
    }

    private static bool IsBroken(Exception exception) =>
        exception is IOException or SocketException or ObjectDisposedException;
}
