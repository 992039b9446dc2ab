using System.Threading.Channels;
using EchoServer.Client.Output;
using EchoServer.Connect;

namespace EchoServer.Client;

/// <summary>From the first connection to the exit code: opens, talks, and opens again where that is asked for.</summary>
internal sealed class ClientSession(ClientOptions options, ClientOutput output)
{
    /// <summary>Runs until a person leaves, the input has ended, or a connection fails for good. Returns the exit code.</summary>
    /// <param name="input">The messages. Those that wait while there is no connection are for the next one.</param>
    /// <param name="left">Complete when no connection is to be opened any more, although messages wait.</param>
    /// <param name="stop">Ends it.</param>
    internal async Task<int> RunAsync(ChannelReader<ClientInput> input, Task left, CancellationToken stop)
    {
        int failures = 0;
        while (true)
        {
            int exitCode = ExitCode.Failed;
            bool isWorthRetrying = options.Reconnects;
            try
            {
                ClientConnection connection = await new Dialer(options.Connection).OpenWebSocketAsync(stop).ConfigureAwait(false);
                output.Opened(connection);
                long opened = Stopwatch.GetTimestamp();
                ConversationEnd end = await new Conversation(options, connection, output).RunAsync(input, stop).ConfigureAwait(false);
                output.Closed(end);
                failures = Backoff.AfterConnection(failures, Stopwatch.GetElapsedTime(opened));
                exitCode = end.ExitCode;
                isWorthRetrying &= end.IsWorthRetrying && !stop.IsCancellationRequested && !left.IsCompleted;
            }
            catch (ConnectionFailedException exception)
            {
                output.Failed(exception);
            }
            catch (OperationCanceledException)
            {
                // The user left before there was a connection.
                return ExitCode.Fine;
            }

            if (!isWorthRetrying)
            {
                return End(exitCode);
            }

            TimeSpan pause = Backoff.Delay(failures++, Random.Shared.NextDouble());
            output.Reconnecting(pause);
            await Task.WhenAny(Task.Delay(pause, stop), left).ConfigureAwait(false);
            if (stop.IsCancellationRequested || left.IsCompleted)
            {
                return End(stop.IsCancellationRequested ? ExitCode.Fine : exitCode);
            }
        }

        int End(int exitCode)
        {
            if (left.IsCompleted)
            {
                output.NotSent(input);
            }

            return exitCode;
        }
    }
}
