using System.Threading.Channels;
using EchoServer.Client.Output;
using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.WebSockets;

namespace EchoServer.Client;

/// <summary>Sends the input over one connection, and waits for the answers after its end: the echoes of all messages, or silence.</summary>
/// <remarks>One thread sends while another one notes the messages that come.</remarks>
internal sealed class InputSender(ClientOptions options, ClientConnection connection, ClientOutput output)
{
    private readonly TaskCompletionSource _echoed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastActivity = Stopwatch.GetTimestamp();
    private volatile int _due = options.Count ?? options.Messages.Count;

    internal Pings Pings { get; } = new(options, payload => SendAsync(connection, output, new(Opcode.Ping, payload)));

    /// <summary>Whether echoes are waited for, and not all have come.</summary>
    internal bool AreEchoesMissing => options.NeedsEchoes && _due > 0;

    /// <summary>Sends until the input has ended and the answers have come, a Close was sent, or the connection is over.</summary>
    /// <returns>Cause and advice when that failed on this side, or answers are missing; otherwise null.</returns>
    internal async Task<Fault?> RunAsync(ChannelReader<ClientInput> input, CancellationToken over)
    {
        try
        {
            while (await input.WaitToReadAsync(over).ConfigureAwait(false))
            {
                while (!over.IsCancellationRequested && input.TryPeek(out ClientInput? next))
                {
                    if (next.Opcode == Opcode.Close)
                    {
                        input.TryRead(out _);
                        await connection.CloseAsync(next.Code, next.Reason).ConfigureAwait(false);
                        return null;
                    }

                    // Taken only now: where sending fails, the next connection sends it.
                    await SendAsync(next).ConfigureAwait(false);
                    input.TryRead(out _);
                }
            }

            return await WaitForAnswersAsync(over).ConfigureAwait(false) ? null : NoEcho();
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

    internal void Received(ClientEvent message)
    {
        // Messages that the server sends of its own accord must not prolong the wait for an echo.
        if (options.NeedsEchoes && !IsEcho(message))
        {
            return;
        }

        NoteActivity();
        if (options.NeedsEchoes && --_due == 0)
        {
            _echoed.TrySetResult();
        }
    }

    private async Task SendAsync(ClientInput next)
    {
        Task sending = next.Opcode == Opcode.Ping ? Pings.SendAsync(next.Payload, isAsked: true) : SendAsync(connection, output, next);

        // A pipe waits for a slow server. A message that is never read, though, is never echoed.
        await sending.WaitAsync(options.NeedsEchoes ? options.Connection.Timeout : Timeout.InfiniteTimeSpan).ConfigureAwait(false);
        NoteActivity();
    }

    private static Task SendAsync(ClientConnection connection, ClientOutput output, ClientInput next)
    {
        output.Sent(next);
        return connection.SendAsync(next.Opcode, next.Payload);
    }

    /// <returns>False when the server has said nothing for too long, and echoes are missing.</returns>
    private async Task<bool> WaitForAnswersAsync(CancellationToken over)
    {
        TimeSpan patience = options.NeedsEchoes ? options.Connection.Timeout : options.Wait;
        TimeSpan left;
        while ((left = patience - Stopwatch.GetElapsedTime(Volatile.Read(ref _lastActivity))) > TimeSpan.Zero &&
            (AreEchoesMissing || !options.NeedsEchoes))
        {
            await await Task.WhenAny(Task.Delay(left, over), _echoed.Task).ConfigureAwait(false);
        }

        over.ThrowIfCancellationRequested();
        return !AreEchoesMissing;
    }

    /// <summary>Notes that something was sent or received: the wait begins again.</summary>
    private void NoteActivity() => Volatile.Write(ref _lastActivity, Stopwatch.GetTimestamp());

    /// <summary>An echo may have a prefix.</summary>
    private bool IsEcho(ClientEvent received)
    {
        string text = Encoding.UTF8.GetString(received.Payload);
        return options.Messages.Any(message => text.EndsWith(message, StringComparison.Ordinal));
    }

    private Fault NoEcho() => NetworkDiagnosis.OfTimeout(Stage.Echo, options.Connection.Timeout, options.Connection.Url);
}
