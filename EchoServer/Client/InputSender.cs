using System.Threading.Channels;
using EchoServer.Client.Output;
using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.WebSockets;

namespace EchoServer.Client;

/// <summary>Sends the input over one connection, and waits for the answers after its end.</summary>
internal sealed class InputSender(ClientOptions options, ClientConnection connection, ClientOutput output, PingTimes pings, AwaitedEchoes echoes)
{
    /// <summary>Sends until the input has ended and the answers have come, a Close was sent, or the connection is over.</summary>
    /// <returns>Cause and advice when that failed on this side, or answers are missing; otherwise null.</returns>
    internal async Task<Fault?> RunAsync(ChannelReader<ClientInput> input, CancellationToken over)
    {
        try
        {
            while (await input.WaitToReadAsync(over).ConfigureAwait(false))
            {
                while (!over.IsCancellationRequested && input.TryRead(out ClientInput? next))
                {
                    if (next.Opcode == Opcode.Close)
                    {
                        await connection.CloseAsync(next.Code, next.Reason).ConfigureAwait(false);
                        return null;
                    }

                    await SendAsync(next).ConfigureAwait(false);
                }
            }

            return await echoes.WaitAsync(over).ConfigureAwait(false) ? null : NoEcho();
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (TimeoutException)
        {
            return NoEcho();
        }
        catch (InputFailedException exception)
        {
            return exception.Fault;
        }
        catch (IOException)
        {
            // The receiver comes to the end as well, and learns the reason.
            await Task.WhenAny(Task.Delay(Timeout.InfiniteTimeSpan, over)).ConfigureAwait(false);
            return null;
        }
    }

    private async Task SendAsync(ClientInput next)
    {
        if (next.Opcode == Opcode.Ping)
        {
            pings.Sent(next.Payload, isAsked: true);
        }

        output.Sent(next);

        // A pipe waits for a slow server. A message that is never read, though, is never echoed.
        TimeSpan patience = echoes.NeedsEchoes ? echoes.Patience : Timeout.InfiniteTimeSpan;
        await connection.SendAsync(next.Opcode, next.Payload).WaitAsync(patience).ConfigureAwait(false);
        echoes.NoteActivity();
    }

    private Fault NoEcho() => NetworkDiagnosis.OfTimeout(Stage.Echo, options.Connection.Timeout, options.Connection.Url);
}
