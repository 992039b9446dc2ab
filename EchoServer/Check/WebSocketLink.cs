using System.Diagnostics;
using System.Security.Cryptography;
using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.WebSockets;

namespace EchoServer.Check;

/// <summary>A WebSocket of which one sees every frame: what probes talk over. Answers pings by itself.</summary>
/// <remarks>One may receive while others send.</remarks>
internal sealed partial class WebSocketLink : IDisposable
{
    /// <summary>The largest message that is received.</summary>
    internal const int MaxMessageBytes = 4 * 1024 * 1024;

    private const int BufferBytes = 16 * 1024;
    private const int RestingBytes = 512;

    private readonly TcpLink _link;
    private readonly Step _step;
    private readonly MessageReader _reader = new(Role.Client, MaxMessageBytes);
    private readonly SemaphoreSlim _sending = new(1, 1);
    private byte[] _buffer;
    private int _length;
    private Task<LinkEvent>? _receiving;
    private long _lastActivity = Stopwatch.GetTimestamp();
    private TimeSpan _idleBefore;
    private TimeSpan? _idleAtEnd;

    private WebSocketLink(TcpLink link, ReceivedHead head, Step step)
    {
        _link = link;
        _step = step;
        Head = head;
        _buffer = new byte[Math.Max(BufferBytes, head.Rest.Length)];
        head.Rest.CopyTo(_buffer, 0);
        _length = head.Rest.Length;
    }

    /// <summary>The answer to the handshake.</summary>
    internal ReceivedHead Head { get; }

    /// <summary>The subprotocol that was agreed on; null for none. Not escaped.</summary>
    internal string? Subprotocol => Head.Answer.Field("Sec-WebSocket-Protocol");

    /// <summary>The extensions that were agreed on; null for none. Not escaped.</summary>
    internal string? Extensions => Head.Answer.Field("Sec-WebSocket-Extensions");

    /// <summary>How many pings the server has sent.</summary>
    internal int PingsReceived { get; private set; }

    /// <summary>How long nothing has come or gone; up to the end, once there was one.</summary>
    internal TimeSpan IdleFor => _idleAtEnd ?? Stopwatch.GetElapsedTime(_lastActivity);

    /// <summary>Greetings that have not been received yet on this connection, when it is known how many there are.</summary>
    internal int GreetingsDue { get; set; }

    /// <summary>Opens a connection and upgrades it.</summary>
    /// <param name="dialer">Where to, and how.</param>
    /// <param name="subprotocols">What to offer; null for what the options say.</param>
    /// <param name="extensions">What to offer.</param>
    /// <param name="stop">Ends the attempt.</param>
    /// <exception cref="ConnectionFailedException">It did not come about.</exception>
    internal static async Task<WebSocketLink> OpenAsync(
        Dialer dialer, IReadOnlyList<string>? subprotocols, string? extensions, CancellationToken stop)
    {
        (TcpLink link, ReceivedHead head) = await dialer.UpgradeAsync(subprotocols ?? dialer.Options.Subprotocols, extensions, stop).ConfigureAwait(false);
        return new WebSocketLink(link, head, dialer.Step(Stage.Echo));
    }

    /// <summary>Sends a frame, masked as a client must (RFC 6455 §5.3).</summary>
    /// <param name="opcode">What it is; reserved ones as well, to see what the server says.</param>
    /// <param name="payload">What it carries.</param>
    /// <param name="stop">Ends the attempt, and with it the connection's use.</param>
    /// <param name="isFinal">Whether it is the last fragment.</param>
    /// <exception cref="IOException">The connection has ended.</exception>
    /// <exception cref="ConnectionFailedException">The server does not take it: it reads nothing.</exception>
    internal async Task SendAsync(Opcode opcode, ReadOnlyMemory<byte> payload, CancellationToken stop, bool isFinal = true)
    {
        uint key = BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint)));
        byte[] frame = new byte[Frame.SizeOfHeader(payload.Length, masked: true) + payload.Length];
        Frame.Write(frame, opcode, payload.Span, default, key, isFinal: isFinal);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(_step.Timeout);
        try
        {
            await SendAsync(frame, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw _step.TimedOut();
        }
    }

    /// <summary>Sends a Close.</summary>
    internal Task SendCloseAsync(CloseCode code, string reason, CancellationToken stop)
    {
        byte[] payload = new byte[ClosePayload.MaxBytes];
        return SendAsync(Opcode.Close, payload.AsMemory(0, ClosePayload.Write(payload, code, reason)), stop);
    }

    /// <summary>Waits for the next event.</summary>
    /// <param name="atMost">How long.</param>
    /// <param name="stop">Ends the wait.</param>
    /// <returns>Null when nothing came in time: a later event is not lost.</returns>
    internal async Task<LinkEvent?> ReceiveAsync(TimeSpan atMost, CancellationToken stop)
    {
        // A read that is given up on would break a TLS stream: it goes on, for the next call.
        _receiving ??= ReadEventAsync();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(atMost);
        try
        {
            LinkEvent received = await _receiving.WaitAsync(limit.Token).ConfigureAwait(false);
            _receiving = received.IsEnd ? _receiving : null;
            return received;
        }
        catch (OperationCanceledException)
        {
            stop.ThrowIfCancellationRequested();
            return null;
        }
    }

    /// <summary>Waits for the next event, for as long as is left of the time for all of a wait.</summary>
    /// <returns>Null when the time is up, even where more has come already: a server that never pauses does not prolong it.</returns>
    internal async Task<LinkEvent?> ReceiveAsync(Deadline deadline, CancellationToken stop) =>
        deadline.Left is { Ticks: > 0 } left ? await ReceiveAsync(left, stop).ConfigureAwait(false) : null;

    /// <summary>Keeps only a small buffer, until more is received. Nothing may be being received.</summary>
    internal void GiveBackMemory()
    {
        if (_length == 0 && _receiving is null)
        {
            _buffer = new byte[RestingBytes];
        }
    }

    /// <summary>Reads raw bytes: for what the reader would not take. Nothing may be being received.</summary>
    /// <returns>How many bytes there are from the start of the next frame; 0 at the end.</returns>
    internal async Task<ReadOnlyMemory<byte>> ReadRawAsync(CancellationToken stop)
    {
        int received = _length > 0 ? 0 : await _link.Stream.ReadAsync(_buffer, stop).ConfigureAwait(false);
        int length = _length + received;
        _length = 0;
        return _buffer.AsMemory(0, length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _link.Dispose();
        if (_receiving is null)
        {
            _reader.Abandon();
        }

        // One that is still reading ends now, and gives the memory back itself.
        _ = _receiving?.ContinueWith(static it => it.Exception, TaskScheduler.Default);
        _sending.Dispose();
    }

    private async Task SendAsync(byte[] frame, CancellationToken stop)
    {
        await _sending.WaitAsync(stop).ConfigureAwait(false);
        try
        {
            await _link.Stream.WriteAsync(frame, stop).ConfigureAwait(false);
            await _link.Stream.FlushAsync(stop).ConfigureAwait(false);
            _lastActivity = Stopwatch.GetTimestamp();
        }
        finally
        {
            _sending.Release();
        }
    }
}
