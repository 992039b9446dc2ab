using System.Buffers;
using System.Net.Sockets;
using EchoServer.Buffers;
using EchoServer.Load.Opening;
using EchoServer.Load.Report;
using EchoServer.Text;
using EchoServer.WebSockets;

namespace EchoServer.Load;

/// <summary>One connection of the load, from the end of its handshake to its end.</summary>
/// <remarks>
/// <para>
/// <see cref="RunAsync"/> is its loop: one wait, then one step that receives, checks every echo that has come, and sends as many
/// messages as there is room for again, in one go. Between steps it holds no buffer. Sending does not hold up the loop: the
/// server may be waiting for us to read before it reads.
/// </para>
/// <para>Any thread may call <see cref="Pump"/>, <see cref="Close"/> and <see cref="Abort"/>.</para>
/// </remarks>
internal sealed partial class LoadConnection
{
    private const int ReceiveBytes = 128 * 1024;

    // As on the server: then it is the turn of the thread's other connections.
    private const int MaxReceivesInOneGo = 16;

    // Left-over input is bounded by one message on each connection, which the person who chose its size has to have memory for.
    private static readonly MemoryBudget NoBudget = new(long.MaxValue);

    private readonly LoadOptions _options;
    private readonly LoadTransport _transport;
    private readonly PeerHabits _peer;
    private LoadErrors _errors;
    private readonly MessageReader? _reader;
    private readonly EchoWindow _window;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LeftOver _leftOver;
    private int _greetingsDue;
    private bool _waitsFirst;
    private int _receivesInOneGo;

    private volatile bool _hasEnded;
    private volatile bool _isCleanedUp;
    private int _isEndNoted;

    /// <param name="options">The load.</param>
    /// <param name="number">The connection's number, from 0.</param>
    /// <param name="transport">Where its bytes go, the handshake done; owned by the connection from here on.</param>
    /// <param name="peer">What the server was seen to do.</param>
    /// <param name="errors">Where errors are counted.</param>
    /// <param name="firstMessage">The number of its first message: numbers go on where a connection takes the place of another one.</param>
    internal LoadConnection(LoadOptions options, int number, LoadTransport transport, PeerHabits peer, LoadErrors errors, long firstMessage = 0)
    {
        _options = options;
        Number = number;
        _transport = transport;
        _peer = peer;
        _errors = errors;
        _window = new EchoWindow(peer.Payload, number, options.InFlight, firstMessage);
        _lost = options.Reconnects ? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously) : null;
        _reader = options.IsWebSocket ? new MessageReader(Role.Client, MaxMessageBytes) : null;
        _greetingsDue = peer.Greetings;
    }

    /// <summary>The largest message that a server may send: larger than any echo.</summary>
    internal static int MaxMessageBytes => 2 * LoadOptions.MostMessageBytes;

    /// <summary>Its number, from 0.</summary>
    internal int Number { get; }

    /// <summary>Complete when the greeting is in, or the connection has ended.</summary>
    internal Task Ready => _ready.Task;

    /// <summary>Whether it is over.</summary>
    internal bool HasEnded => _hasEnded;

    /// <summary>Whether its loop is over: nothing is received or counted any more.</summary>
    internal bool IsCleanedUp => _isCleanedUp;

    /// <summary>Whether messages can be exchanged.</summary>
    internal bool IsOpen => !_hasEnded && !_isCloseSent && !_isCloseReceived && _ready.Task.IsCompleted;

    /// <summary>Whether the server has sent its Close.</summary>
    internal bool IsCloseReceived => _isCloseReceived;

    /// <summary>The connection's loop. Never throws; complete when the connection is gone.</summary>
    /// <param name="received">What came behind the answer to the handshake.</param>
    internal async Task RunAsync(ReadOnlyMemory<byte> received)
    {
        try
        {
            await LoopAsync(received).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            // Once its Close is in, how the server ends TCP makes no difference: what we sent meanwhile may have met a closed socket.
            bool isReset = exception.GetBaseException() is SocketException { SocketErrorCode: SocketError.ConnectionReset };
            LoadError error = isReset ? LoadError.ConnectionReset : LoadError.EndedWithoutClose;
            End(_isCloseReceived ? null : error, EscapedText.From(exception.GetBaseException().Message.AsSpan()));
        }
        catch (Exception exception) when (exception is ObjectDisposedException or OperationCanceledException)
        {
            End(null);
        }
        catch (Exception exception)
        {
            // It must not end the process, and with it the other connections and the report.
            End(LoadError.InternalError, EscapedText.From(exception.ToString().AsSpan()));
        }

        CleanUp();
    }

    /// <summary>Ends it without a word. What is said about it elsewhere is not said again.</summary>
    internal void Abort()
    {
        _isAborted = true;
        End(null);
    }

    /// <summary>One method, so that what waits is made once and not for each wait.</summary>
    private async Task LoopAsync(ReadOnlyMemory<byte> received)
    {
        CheckReady();
        Process(received.ToArray());
        while (!_hasEnded)
        {
            if (_waitsFirst)
            {
                ValueTask readable = _transport.WaitAsync();
                if (!readable.IsCompleted)
                {
                    _receivesInOneGo = 0;
                }

                await readable.ConfigureAwait(false);
            }

            if (++_receivesInOneGo > MaxReceivesInOneGo)
            {
                _receivesInOneGo = 0;
                await Task.Yield();
            }

            byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Max(ReceiveBytes, _leftOver.Length + _options.MessageBytes));
            try
            {
                Memory<byte> room = buffer.AsMemory(_leftOver.Length);
                int count = await _transport.ReceiveAsync(room).ConfigureAwait(false);
                _waitsFirst = count == LoadTransport.NothingYet || _transport.IsEmptyAfter(count, room.Length);
                Take(buffer, count);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    private void Take(byte[] buffer, int received)
    {
        switch (received)
        {
            case LoadTransport.NothingYet:
                break;
            case 0:
                End(IsEndExpected ? null : LoadError.EndedWithoutClose);
                break;
            default:
                int held = _leftOver.Length;
                _leftOver.MoveTo(buffer, NoBudget);
                Process(buffer.AsSpan(0, held + received));
                break;
        }
    }

    private void CheckReady()
    {
        if (_greetingsDue == 0)
        {
            _ready.TrySetResult();
        }
    }

    /// <summary>Ends the connection, whoever finds out first; the loop cleans up.</summary>
    private void End(LoadError? error, string example = "")
    {
        if (Interlocked.Exchange(ref _isEndNoted, 1) == 0)
        {
            if (error is LoadError kind)
            {
                _errors.Add(kind, example);
            }

            _hasEnded = true;
            _transport.Dispose();
            _ready.TrySetResult();
            NoteLost();
        }
    }

    private void CleanUp()
    {
        _reader?.Abandon();
        _leftOver.Drop(NoBudget);
        _isCleanedUp = true;
    }
}
