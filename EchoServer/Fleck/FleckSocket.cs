using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using EchoServer.Http;
using EchoServer.Server;
using EchoServer.Transport;
using EchoServer.WebSockets;
using ISocket = global::Fleck.ISocket;

namespace EchoServer.Fleck;

/// <summary>The socket of one of Fleck's connections, over this project's transport.</summary>
/// <remarks>
/// Fleck's own socket ends a connection with a read pending, keeps one that was reset, and queues output without limit. This one reads
/// while no output waits, and after its FIN reads on until the client ends as well. It judges the request head itself: Fleck's
/// expression for heads takes exponential time, and Fleck drops the frames that arrive together with the head. Fleck's events run while
/// <c>_turn</c> is held, so one at a time. Any thread may call the members that are not Fleck's, and <see cref="Send"/>.
/// </remarks>
internal sealed class FleckSocket(FleckServer server, NonBlockingSocket socket, SocketStream stream, long id) : ISocket
{
    private const int FirstHeadBytes = 2048;

    // After so many reads other connections have their turn.
    private const int MaxReadsInARow = 16;

    // How long the client may take to end after the server has: as the built-in engine's CloseTimeout.
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(2);

    private readonly Lock _turn = new();
    private (byte[] Buffer, Action<int>? Received, Action<Exception> Failed) _read;
    private Task _writing = Task.CompletedTask;
    private CloseCode _code = CloseCode.AbnormalClosure;
    private volatile bool _isEnding;
    private volatile bool _isAborted;
    private volatile bool _isReset;

    public bool Connected => !_isEnding;
    public string RemoteIpAddress => socket.Peer.Address.ToString();
    public int RemotePort => socket.Peer.Port;

    /// <summary>The application's side; null until the request is accepted.</summary>
    internal FleckConnection? Connection { get; set; }

    internal long Id => id;

    /// <summary>The client and its request, while Fleck answers it.</summary>
    internal ConnectionInfo? Info { get; private set; }

    /// <summary>Notes where the next bytes go; the loop brings them.</summary>
    public Task<int> Receive(byte[] buffer, Action<int> callback, Action<Exception> error, int offset = 0)
    {
        _read = (buffer, callback, error);
        return Task.FromResult(0);
    }

    /// <summary>Sends behind the output that waits. A failure aborts the connection.</summary>
    public Task Send(byte[] buffer, Action callback, Action<Exception> error)
    {
        // RFC 6455 §5.5.1: the payload of a Close frame begins with the code.
        _code = buffer is [0x88, 2, byte high, byte low] ? (CloseCode)((high << 8) | low) : _code;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return WriteAsync(Interlocked.Exchange(ref _writing, done.Task), buffer, callback, done);
    }

    /// <summary>Ends sending, and gives the client time to end as well. Only in an event.</summary>
    public void Close()
    {
        if (!_isEnding)
        {
            _isEnding = true;
            socket.Shutdown(SocketShutdown.Send);
            _ = EndLateAsync();
        }
    }

    public void Dispose() => Close();

    /// <summary>Runs an action as one of Fleck's events: within one at once, else on the thread pool.</summary>
    internal void Post(Action action)
    {
        if (_turn.IsHeldByCurrentThread)
        {
            action();
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(Raise, action, preferLocal: false);
        }
    }

    /// <summary>Says 1001 for the shutdown. May be called repeatedly.</summary>
    /// <param name="isPatient">Whether to wait for messages that have arrived to be answered, and for a request that is due.</param>
    internal void GoAway(bool isPatient)
    {
        if (Connection is null && !isPatient)
        {
            Abort();
        }
        else if (!_isEnding && !(isPatient && (!_writing.IsCompleted || socket.HasInput())))
        {
            Connection?.Close(CloseCode.GoingAway);
        }
    }

    /// <summary>Ends the connection at once.</summary>
    internal void Abort()
    {
        // Before the shutdown: after it Linux still receives what the peer goes on sending.
        _isAborted = true;
        socket.Shutdown(SocketShutdown.Both);
    }

    /// <summary>Ends the connection by a reset.</summary>
    internal void Reset()
    {
        _isReset = _isAborted = true;
        socket.Shutdown(SocketShutdown.Receive);
    }

    /// <summary>The loop. Never throws; complete when the descriptor is closed.</summary>
    /// <param name="accepted">Makes Fleck's connection, which asks for the first bytes.</param>
    internal async Task RunAsync(Action<ISocket> accepted)
    {
        try
        {
            accepted(this);
            int count = await ReadHeadAsync().ConfigureAwait(false);
            for (int reads = 1; count > 0 && !_isAborted; reads++)
            {
                // Back-pressure.
                await _writing.ConfigureAwait(false);
                count = await stream.ReadAsync(_read.Buffer).ConfigureAwait(false);
                lock (_turn)
                {
                    Deliver(count);
                }

                if (reads % MaxReadsInARow == 0)
                {
                    await Task.Yield();
                }
            }
        }
        catch (SocketException)
        {
            // A reset.
        }
        catch (Exception exception)
        {
            server.Log.ConnectionFailed(exception, id);
        }

        Raise(End);
    }

    private void End()
    {
        _isEnding = true;
        socket.Close(dropsOutput: _isReset || !_writing.IsCompleted);
        server.Remove(id);
        Connection?.End(_code);
    }

    /// <summary>Reads until the request is judged.</summary>
    /// <returns>0 when the client ends before that.</returns>
    private async Task<int> ReadHeadAsync()
    {
        byte[] input = new byte[FirstHeadBytes];
        for (int length = 0, seen = 0; ; seen = length)
        {
            int count = await stream.ReadAsync(input.AsMemory(length)).ConfigureAwait(false);
            length += count;
            if (count == 0 || Judge(input.AsSpan(0, length), seen))
            {
                return count;
            }

            Array.Resize(ref input, length == input.Length ? 2 * length : input.Length);
        }
    }

    /// <summary>Judges a request as the built-in engine does. For a good one Fleck gets a head of a fixed form, and the frames behind it.</summary>
    /// <returns>False when the head is not complete.</returns>
    private bool Judge(ReadOnlySpan<byte> input, int seenBefore)
    {
        ParseStatus status = RequestHead.Read(input, seenBefore, out RequestHead head, out HttpRejection? rejection);
        if (status == ParseStatus.NeedMore)
        {
            return false;
        }

        lock (_turn)
        {
            IPEndPoint client = socket.Peer.Address.IsIPv4MappedToIPv6 ? new(socket.Peer.Address.MapToIPv4(), socket.Peer.Port) : socket.Peer;
            string path = Encoding.Latin1.GetString(head.Path);
            string query = Encoding.Latin1.GetString(head.Query);
            rejection ??= Handshake.Check(head) ?? Handshake.CheckOrigin(head, server.Options.AllowedOrigins) ?? server.Judge?.Invoke(path, query).Rejection;
            if (rejection is not null)
            {
                server.Log.RequestRefused(server.Refusals, client, rejection, head);
                Send(HttpResponse.Write(rejection, DateTimeOffset.UtcNow, withBody: !input.StartsWith("HEAD "u8)), Close, static _ => { });
                return true;
            }

            head.Find("Host"u8, out ReadOnlySpan<byte> host);
            head.Find("Sec-WebSocket-Key"u8, out ReadOnlySpan<byte> key);
            string? origin = head.Find("Origin"u8, out ReadOnlySpan<byte> page) > 0 ? Encoding.Latin1.GetString(page) : null;
            Info = new(id, client, path, query, Encoding.Latin1.GetString(host), origin, SubProtocol: null);
            server.Log.ConnectionOpened(Info.Value, head, extensions: null);
            Deliver([.. "GET / HTTP/1.1\r\nSec-WebSocket-Version:13\r\nSec-WebSocket-Key:"u8, .. key, .. "\r\n\r\n"u8]);
            Info = null;
            Deliver(input[head.Size..]);
            return true;
        }
    }

    private void Deliver(ReadOnlySpan<byte> bytes)
    {
        for (int count; !bytes.IsEmpty; bytes = bytes[count..])
        {
            count = Math.Min(bytes.Length, _read.Buffer.Length);
            bytes[..count].CopyTo(_read.Buffer);
            Deliver(count);
        }
    }

    /// <summary>Tells Fleck how many bytes its buffer has.</summary>
    private void Deliver(int count)
    {
        (byte[] buffer, Action<int>? received, Action<Exception> failed) = _read;
        if (_isEnding || count == 0 || received is null)
        {
            return;
        }

        _read = (buffer, null, failed);
        try
        {
            received(count);
        }
        catch (Exception exception)
        {
            failed(exception);
        }

        if (_read.Received is null && _writing.IsCompleted)
        {
            // Fleck swallows some errors: it neither reads on nor ends.
            Close();
        }
    }

    private async Task WriteAsync(Task before, byte[] bytes, Action sent, TaskCompletionSource done)
    {
        try
        {
            await before.ConfigureAwait(false);
            await stream.WriteAsync(bytes).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            Abort();
        }

        Post(() =>
        {
            sent();
            done.SetResult();
        });
    }

    private void Raise(Action action)
    {
        lock (_turn)
        {
            action();
        }
    }

    private async Task EndLateAsync()
    {
        await Task.Delay(EndTimeout).ConfigureAwait(false);
        // A stopping server has a timeout of its own.
        if (!server.IsStopping)
        {
            Abort();
        }
    }

    // For a listener, and for TLS.
    bool ISocket.NoDelay { get => true; set { } }
    Stream ISocket.Stream => stream;
    EndPoint ISocket.LocalEndPoint => throw new NotSupportedException();
    Task<ISocket> ISocket.Accept(Action<ISocket> callback, Action<Exception> error) => throw new NotSupportedException();
    Task ISocket.Authenticate(X509Certificate2 certificate, SslProtocols protocols, Action callback, Action<Exception> error) =>
        throw new NotSupportedException();
    void ISocket.Bind(EndPoint ipLocal) => throw new NotSupportedException();
    void ISocket.Listen(int backlog) => throw new NotSupportedException();
}
