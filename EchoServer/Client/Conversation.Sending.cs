using System.Diagnostics;
using System.Threading.Channels;
using EchoServer.Diagnosis;
using EchoServer.WebSockets;

namespace EchoServer.Client;

/// <content>What goes out: the input, up to its end and to the answers that are waited for after it.</content>
internal sealed partial class Conversation
{
    private async Task SendAllAsync(ChannelReader<ClientInput> input, CancellationToken over)
    {
        try
        {
            while (await input.WaitToReadAsync(over).ConfigureAwait(false))
            {
                while (!over.IsCancellationRequested && input.TryRead(out ClientInput? next))
                {
                    if (next.Opcode == Opcode.Close)
                    {
                        await CloseAsync(next.Code, next.Reason).ConfigureAwait(false);
                        return;
                    }

                    await SendAsync(next).ConfigureAwait(false);
                }
            }

            await WaitForAnswersAsync(over).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // It is over.
        }
        catch (TimeoutException)
        {
            _failure = NetworkDiagnosis.OfTimeout(Stage.Echo, _options.Connection.Timeout, _options.Connection.Url);
        }
        catch (InvalidDataException exception)
        {
            _failure = new(exception.Message, "cut it into shorter lines");
        }
        catch (IOException)
        {
            // Whoever receives says why: it comes to the same end.
            await Task.Delay(Timeout.Infinite, over).ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
        }
    }

    private async Task SendAsync(ClientInput next)
    {
        if (next.Opcode == Opcode.Ping)
        {
            _pings.Sent(next.Payload, isAsked: true);
        }

        _output.Sent(next);

        // In a pipe a server may take its time to read. What is never read, though, is never echoed.
        TimeSpan patience = _endOfInput == EndOfInput.WaitsForEchoes ? _options.Connection.Timeout : Timeout.InfiniteTimeSpan;
        await _connection.SendAsync(next.Opcode, next.Payload).WaitAsync(patience).ConfigureAwait(false);
        Volatile.Write(ref _lastActivity, Stopwatch.GetTimestamp());
    }

    private async Task WaitForAnswersAsync(CancellationToken over)
    {
        TimeSpan patience = _endOfInput switch
        {
            EndOfInput.WaitsForEchoes => _options.Connection.Timeout,
            EndOfInput.WaitsForSilence => _options.Wait,
            _ => TimeSpan.Zero,
        };
        for (TimeSpan left = patience - Silence; left > TimeSpan.Zero && !_echoed.Task.IsCompleted; left = patience - Silence)
        {
            Task waiting = Task.Delay(left, over);
            await await Task.WhenAny(waiting, _echoed.Task).ConfigureAwait(false);
        }

        over.ThrowIfCancellationRequested();
        if (_endOfInput == EndOfInput.WaitsForEchoes && !_echoed.Task.IsCompleted)
        {
            _failure = NetworkDiagnosis.OfTimeout(Stage.Echo, patience, _options.Connection.Url);
        }
    }
}
