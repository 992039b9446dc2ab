using System.Threading.Channels;
using EchoServer.Client.Output;
using EchoServer.Connect;

namespace EchoServer.Client;

/// <summary>From the first connection to the exit code: opens, talks, and opens again where that is asked for.</summary>
internal sealed class ClientSession(ClientOptions options, ClientOutput output, EndOfInput endOfInput)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>Runs until a person leaves, the input has ended, or a connection fails for good.</summary>
    /// <param name="input">What to send.</param>
    /// <param name="stop">A person wants to leave.</param>
    /// <returns>The exit code.</returns>
    internal async Task<int> RunAsync(ChannelReader<ClientInput> input, CancellationToken stop)
    {
        TimeSpan pause = FirstPause;
        while (true)
        {
            int exitCode;
            try
            {
                ClientConnection connection = await new Dialer(options.Connection).OpenWebSocketAsync(stop).ConfigureAwait(false);
                output.Opened(connection);
                pause = FirstPause;
                ConversationEnd end = await new Conversation(options, connection, output, endOfInput).RunAsync(input, stop).ConfigureAwait(false);
                output.Closed(end);
                if (!options.Reconnects || !end.IsWorthRetrying || stop.IsCancellationRequested || input.Completion.IsCompleted)
                {
                    return end.ExitCode;
                }

                exitCode = end.ExitCode;
            }
            catch (ConnectionFailedException exception)
            {
                output.Failed(exception);
                exitCode = ExitCode.Failed;
                if (!options.Reconnects)
                {
                    return exitCode;
                }
            }
            catch (OperationCanceledException)
            {
                // Who leaves before there is a connection leaves nothing behind.
                return ExitCode.Fine;
            }

            output.Reconnecting(pause);
            if (!await PauseAsync(pause, input, stop).ConfigureAwait(false))
            {
                return stop.IsCancellationRequested ? ExitCode.Fine : exitCode;
            }

            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <returns>False when there is nobody left to connect for.</returns>
    private static async Task<bool> PauseAsync(TimeSpan pause, ChannelReader<ClientInput> input, CancellationToken stop)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await Task.WhenAny(Task.Delay(pause, waiting.Token), input.Completion).ConfigureAwait(false);
        await waiting.CancelAsync().ConfigureAwait(false);
        return !stop.IsCancellationRequested && !input.Completion.IsCompleted;
    }
}
