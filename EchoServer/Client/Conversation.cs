using System.Threading.Channels;
using EchoServer.Client.Output;
using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.WebSockets;
using EchoServer.WebSockets.Compression;

namespace EchoServer.Client;

/// <summary>One connection from the handshake to its end: sends the input, shows the messages, pings, and closes.</summary>
internal sealed class Conversation(ClientOptions options, ClientConnection connection, ClientOutput output)
{
    private readonly InputSender _sender = new(options, connection, output);

    /// <summary>Runs until the input has ended, the server closes, the connection breaks, or the user leaves, which closes with 1000.</summary>
    internal async Task<ConversationEnd> RunAsync(ChannelReader<ClientInput> input, CancellationToken stop)
    {
        using var cut = new CancellationTokenSource();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);

        // Sending begins first, so that a message is shown before its echo. A pipe may have no end.
        Task<Fault?> sending = !options.NeedsEchoes
            ? Task.Run(() => _sender.RunAsync(input, over.Token), CancellationToken.None)
            : _sender.RunAsync(input, over.Token);
        Task<ClientEvent?> receiving = ReceiveAsync(cut.Token);
        Task<Fault?> pinging = _sender.Pings.KeepAliveAsync(over.Token);
        await Task.WhenAny(receiving, sending, pinging).ConfigureAwait(false);
        bool isDead = pinging.IsCompleted && await pinging.ConfigureAwait(false) is not null;
        await over.CancelAsync().ConfigureAwait(false);
        Fault? failure = receiving.IsCompleted ? null : await CloseAsync(receiving, isDead).ConfigureAwait(false);

        // Ends all sends and receives.
        await cut.CancelAsync().ConfigureAwait(false);
        await connection.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(receiving, sending, pinging).ConfigureAwait(false);
        return Judge(await receiving.ConfigureAwait(false), await pinging.ConfigureAwait(false) ?? await sending.ConfigureAwait(false) ?? failure);
    }

    /// <returns>Cause and advice when the Close is not sent or not answered in time; otherwise null.</returns>
    private async Task<Fault?> CloseAsync(Task receiving, bool isDead)
    {
        // A user who leaves does not wait for a server that does not answer.
        TimeSpan most = ClientConnection.ClosePatience;
        TimeSpan patience = options.Connection.Timeout < most ? options.Connection.Timeout : most;
        Task closing = connection.CloseAsync(CloseCode.NormalClosure);

        // A server that answered no ping will not answer the Close either.
        Task whole = isDead ? closing : Task.WhenAll(closing, receiving);
        try
        {
            await whole.WaitAsync(patience).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The receiver learns the reason.
        }
        catch (TimeoutException)
        {
            return NetworkDiagnosis.OfTimeout(Stage.Close, patience, options.Connection.Url);
        }

        return null;
    }

    /// <summary>Shows events up to the end of the connection.</summary>
    /// <returns>The end; null when receiving was stopped before.</returns>
    private async Task<ClientEvent?> ReceiveAsync(CancellationToken cut)
    {
        try
        {
            while (true)
            {
                ClientEvent received = await connection.ReceiveAsync(cut).ConfigureAwait(false);
                if (received.IsEnd)
                {
                    return received;
                }

                Show(received);
            }
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private void Show(ClientEvent received)
    {
        switch (received.Kind)
        {
            case ClientEventKind.Pong:
                (TimeSpan RoundTrip, bool IsAsked)? ping = _sender.Pings.Received(received.Payload);
                output.Ponged(received.Payload, ping?.RoundTrip, ping?.IsAsked == true);
                break;
            case ClientEventKind.Ping:
                output.Pinged(received.Payload);
                break;
            default:
                output.Received(received);
                _sender.Received(received);
                break;
        }
    }

    private ConversationEnd Judge(ClientEvent? last, Fault? failure)
    {
        ClientEvent? close = last?.Kind == ClientEventKind.Close ? last : null;
        bool isWish = connection.IsCloseOurs && failure is null;
        failure ??= close is null ? (last ?? new ClientEvent(ClientEventKind.Fin, [])).Diagnose(options.Connection.Url) : null;
        var end = new ConversationEnd(
            connection.SentClose, close is null ? null : (close.Code!.Value, close.Reason), connection.IsCloseOurs, isWish, failure, connection.Compressed);
        bool needsWords = close is not null && failure is null && ((_sender.AreEchoesMissing && !isWish) || end.ExitCode != EchoServer.ExitCode.Fine);
        return needsWords ? end with { Failure = close!.Diagnose(options.Connection.Url) } : end;
    }
}

/// <summary>How a conversation ended.</summary>
/// <param name="Sent">Our Close; null when none was sent.</param>
/// <param name="Received">The server's Close, unescaped; null when none came.</param>
/// <param name="IsOurs">Whether the client began the closing handshake, and did not answer the server's Close or complain of a violation.</param>
/// <param name="IsWish">Whether it did so because it was done, and not because of a failure, such as a missing echo.</param>
/// <param name="Failure">Cause and advice; null when nothing went wrong.</param>
/// <param name="Compressed">The compressed messages; null where compression was not agreed on.</param>
internal sealed record ConversationEnd(
    (CloseCode Code, string Reason)? Sent, (CloseCode Code, string Reason)? Received, bool IsOurs, bool IsWish, Fault? Failure,
    (CompressedCounts Received, CompressedCounts Sent)? Compressed)
{
    /// <summary>0 fine, 1 broken, 3 closed by the server with a code that is not one of a good end.</summary>
    internal int ExitCode =>
        IsRefusal ? EchoServer.ExitCode.ClosedByServer : Failure is null ? EchoServer.ExitCode.Fine : EchoServer.ExitCode.Failed;

    /// <summary>Whether another connection may well fare better: after a break, and after the codes that speak of a moment.</summary>
    internal bool IsWorthRetrying => !IsWish && Received?.Code is
        null or CloseCode.GoingAway or CloseCode.AbnormalClosure or CloseCode.ServiceRestart or CloseCode.TryAgainLater;

    // A server that answers with the code that it was sent says nothing of its own.
    private bool IsRefusal => Received?.Code is CloseCode received && !(IsWish && received == Sent?.Code) &&
        received is not (CloseCode.NormalClosure or CloseCode.GoingAway or CloseCode.NoStatusReceived);
}
