using System.Diagnostics;
using System.Text;
using System.Threading.Channels;
using EchoServer.Client.Output;
using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.WebSockets;

namespace EchoServer.Client;

/// <summary>What goes over one connection: sends the input, shows what comes, pings, and closes.</summary>
internal sealed partial class Conversation
{
    private readonly ClientOptions _options;
    private readonly ClientConnection _connection;
    private readonly ClientOutput _output;
    private readonly EndOfInput _endOfInput;
    private readonly PingTimes _pings = new();
    private readonly TaskCompletionSource _echoed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastActivity = Stopwatch.GetTimestamp();
    private int _echoesDue;
    private volatile Fault? _failure;
    private volatile bool _isDead;
    private ClientEvent? _last;

    internal Conversation(ClientOptions options, ClientConnection connection, ClientOutput output, EndOfInput endOfInput)
    {
        _options = options;
        _connection = connection;
        _output = output;
        _endOfInput = endOfInput;
        _echoesDue = options.Count ?? options.Messages.Count;
        if (endOfInput == EndOfInput.WaitsForEchoes && _echoesDue == 0)
        {
            _echoed.SetResult();
        }
    }

    private TimeSpan Silence => Stopwatch.GetElapsedTime(Volatile.Read(ref _lastActivity));

    /// <summary>Talks until the input has ended, the server closes, the connection breaks, or a person wants to leave.</summary>
    /// <param name="input">What to send.</param>
    /// <param name="stop">A person wants to leave: closes with 1000.</param>
    internal async Task<ConversationEnd> RunAsync(ChannelReader<ClientInput> input, CancellationToken stop)
    {
        using var cut = new CancellationTokenSource();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);

        // What was sent is to be shown before what comes of it. A pipe may have no end, though.
        Task sending = _endOfInput == EndOfInput.WaitsForEchoes
            ? SendAllAsync(input, over.Token)
            : Task.Run(() => SendAllAsync(input, over.Token), CancellationToken.None);
        Task receiving = ReceiveAsync(cut.Token);
        Task pinging = PingAsync(over.Token);
        await Task.WhenAny(receiving, sending, pinging).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        if (!receiving.IsCompleted)
        {
            await CloseAsync(receiving).ConfigureAwait(false);
        }

        // Ends whoever is still sending or receiving.
        await cut.CancelAsync().ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(receiving, sending, pinging).ConfigureAwait(false);
        return Judge();
    }

    private async Task CloseAsync(Task receiving)
    {
        // A person who wants to leave waits no longer for a server that does not answer.
        TimeSpan most = ClientConnection.ClosePatience;
        TimeSpan patience = _options.Connection.Timeout < most ? _options.Connection.Timeout : most;
        Task closing = CloseAsync(CloseCode.NormalClosure, "");

        // Who answered no ping will not answer this either.
        Task whole = _isDead ? closing : Task.WhenAll(closing, receiving);
        try
        {
            await whole.WaitAsync(patience).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            _failure ??= NetworkDiagnosis.OfTimeout(Stage.Close, patience, _options.Connection.Url);
        }
    }

    /// <summary>Shows what comes, until nothing more can come.</summary>
    private async Task ReceiveAsync(CancellationToken cut)
    {
        try
        {
            do
            {
                _last = await _connection.ReceiveAsync(cut).ConfigureAwait(false);
                if (_last.IsEnd)
                {
                    return;
                }

                Show(_last);
            }
            while (true);
        }
        catch (OperationCanceledException)
        {
            _last = null;
        }
    }

    private void Show(ClientEvent received)
    {
        if (received.Kind == ClientEventKind.Pong)
        {
            (TimeSpan RoundTrip, bool IsAsked)? ping = _pings.Received(received.Payload);
            _output.Ponged(received.Payload, ping?.RoundTrip, ping?.IsAsked == true);
            return;
        }

        if (received.Kind == ClientEventKind.Ping)
        {
            _output.Pinged(received.Payload);
            return;
        }

        // What a server says of its own accord is no echo, and must not put off the end of waiting for one.
        bool isAwaited = _endOfInput != EndOfInput.WaitsForEchoes || IsEcho(received);
        if (isAwaited)
        {
            Volatile.Write(ref _lastActivity, Stopwatch.GetTimestamp());
        }

        _output.Received(received);
        if (_endOfInput == EndOfInput.WaitsForEchoes && isAwaited && --_echoesDue == 0)
        {
            _echoed.TrySetResult();
        }
    }

    /// <summary>What a server puts before an echo is its own business.</summary>
    private bool IsEcho(ClientEvent received)
    {
        string text = Encoding.UTF8.GetString(received.Payload);
        return _options.Messages.Any(message => text.EndsWith(message, StringComparison.Ordinal));
    }

    private async Task CloseAsync(CloseCode code, string reason)
    {
        try
        {
            await _connection.CloseAsync(code, reason).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // Whoever receives says why.
        }
    }

    private ConversationEnd Judge()
    {
        bool isClosed = _last?.Kind == ClientEventKind.Close;
        bool isOurs = _connection.SentClose is not null && !_connection.IsCloseAnAnswer && _failure is null;
        bool isMissingEchoes = _endOfInput == EndOfInput.WaitsForEchoes && !_echoed.Task.IsCompleted && !isOurs;
        Fault? failure = _failure ?? _last?.Kind switch
        {
            ClientEventKind.Close => null,
            ClientEventKind.Violation => new($"the server broke the WebSocket protocol: {_last.Reason}", "see the server, or a proxy on the way that alters frames"),
            ClientEventKind.Broken => NetworkDiagnosis.Of(_last.Cause!, _options.Connection.Url, Stage.Echo),
            _ => NetworkDiagnosis.Of(new IOException(), _options.Connection.Url, Stage.Echo),
        };
        var end = new ConversationEnd(
            _connection.SentClose, _connection.SentReason, isClosed ? _last!.Code : null, isClosed ? _last!.Reason : "", isOurs, failure);
        bool needsWords = isClosed && failure is null && (isMissingEchoes || end.ExitCode != EchoServer.ExitCode.Fine);
        return needsWords ? end with { Failure = EndDiagnosis.OfClose(_last!.Code, _last.Reason) } : end;
    }
}
