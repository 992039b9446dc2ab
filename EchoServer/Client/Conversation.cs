using System.Threading.Channels;
using EchoServer.Client.Output;
using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.WebSockets;

namespace EchoServer.Client;

/// <summary>One connection from the handshake to its end: sends the input, shows the messages, pings, and closes.</summary>
internal sealed class Conversation(ClientOptions options, ClientConnection connection, ClientOutput output, EndOfInput endOfInput)
{
    private readonly PingTimes _pings = new();
    private readonly AwaitedEchoes _echoes = new(options, endOfInput);

    /// <summary>Runs until the input has ended, the server closes, the connection breaks, or the user leaves, which closes with 1000.</summary>
    internal async Task<ConversationEnd> RunAsync(ChannelReader<ClientInput> input, CancellationToken stop)
    {
        using var cut = new CancellationTokenSource();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var sender = new InputSender(options, connection, output, _pings, _echoes);
        var keepAlive = new KeepAlive(options, connection, output, _pings);

        // Sending begins first, so that a message is shown before its echo. A pipe may have no end.
        Task<Fault?> sending = endOfInput != EndOfInput.WaitsForEchoes
            ? Task.Run(() => sender.RunAsync(input, over.Token), CancellationToken.None)
            : sender.RunAsync(input, over.Token);
        Task<ClientEvent?> receiving = ReceiveAsync(cut.Token);
        Task<Fault?> pinging = keepAlive.RunAsync(over.Token);
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
                (TimeSpan RoundTrip, bool IsAsked)? ping = _pings.Received(received.Payload);
                output.Ponged(received.Payload, ping?.RoundTrip, ping?.IsAsked == true);
                break;
            case ClientEventKind.Ping:
                output.Pinged(received.Payload);
                break;
            default:
                output.Received(received);
                _echoes.Received(received);
                break;
        }
    }

    private ConversationEnd Judge(ClientEvent? last, Fault? failure)
    {
        ClientEvent? close = last?.Kind == ClientEventKind.Close ? last : null;
        bool isOurs = connection.IsCloseOurs && failure is null;
        failure ??= close is null ? (last ?? new ClientEvent(ClientEventKind.Fin, [])).Diagnose(options.Connection.Url) : null;
        var end = new ConversationEnd(connection.SentClose, close is null ? null : (close.Code!.Value, close.Reason), isOurs, failure)
        {
            Compressed = connection.Compressed,
        };
        bool needsWords = close is not null && failure is null && ((_echoes.AreMissing && !isOurs) || end.ExitCode != EchoServer.ExitCode.Fine);
        return needsWords ? end with { Failure = close!.Diagnose(options.Connection.Url) } : end;
    }
}
