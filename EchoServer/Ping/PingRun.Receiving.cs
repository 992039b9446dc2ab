using System.Diagnostics;
using System.Globalization;
using System.Text;
using EchoServer.Connect;
using EchoServer.Diagnosis;

namespace EchoServer.Ping;

/// <content>What comes back, what does not in time, and how a connection ended.</content>
internal sealed partial class PingRun
{
    private async Task ReceiveAsync(ClientConnection connection)
    {
        ClientEvent received;
        do
        {
            received = await connection.ReceiveAsync(CancellationToken.None).ConfigureAwait(false);
            long now = Stopwatch.GetTimestamp();
            ClientEventKind answer = options.UsesPingFrames ? ClientEventKind.Pong : ClientEventKind.Text;
            if (received.Kind == answer && FindNumber(received.Payload) is long number)
            {
                Answered(number, now);
            }
        }
        while (!received.IsEnd);
        bool isOurs = connection.SentClose is not null && !connection.IsCloseAnAnswer;
        if (!isOurs)
        {
            Lose(received);
        }

        await connection.DisposeAsync().ConfigureAwait(false);
    }

    private void Answered(long number, long now)
    {
        lock (_lock)
        {
            if (!_out.Remove(number, out long sentAt))
            {
                WriteLine($"seq={number} came too late or twice");
                return;
            }

            TimeSpan time = Stopwatch.GetElapsedTime(sentAt, now);
            bool isInTime = time <= options.Wait;
            if (isInTime)
            {
                _statistics.AddReceived(now - sentAt);
            }

            WriteLine($"seq={number} time={Milliseconds(time)} ms{(isInTime ? "" : ", too late")}");
        }
    }

    /// <summary>The connection is gone, and with it all that was out.</summary>
    private void Lose(ClientEvent end)
    {
        Fault why = end.Kind switch
        {
            ClientEventKind.Close => EndDiagnosis.OfClose(end.Code, end.Reason),
            ClientEventKind.Violation => new($"the server broke the WebSocket protocol: {end.Reason}", ""),
            _ => NetworkDiagnosis.Of(end.Cause ?? new IOException(), options.Connection.Url, Stage.Echo),
        };
        lock (_lock)
        {
            _connection = null;
            _down = why.Cause;
            _downSince = Stopwatch.GetTimestamp();
            _failures = Backoff.AfterConnection(_failures, Stopwatch.GetElapsedTime(_upSince, _downSince));
            WriteLine($"disconnected: {why.Cause}");
            foreach (long number in _out.Keys.Order())
            {
                WriteLine($"seq={number} lost with the connection");
            }

            _out.Clear();
        }
    }

    /// <summary>Counts those as lost that have been out for too long.</summary>
    /// <returns>When to look again: the time until the next one may have been.</returns>
    private TimeSpan GiveUpOld()
    {
        lock (_lock)
        {
            long now = Stopwatch.GetTimestamp();
            foreach (long number in _out.Where(one => Stopwatch.GetElapsedTime(one.Value, now) >= options.Wait).Select(one => one.Key).Order().ToArray())
            {
                _out.Remove(number);
                WriteLine($"seq={number} no answer within {Seconds(options.Wait)} s");
            }

            TimeSpan oldest = _out.Count == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(_out.Values.Min(), now);

            // A delay has whole milliseconds: one more, or the rest of one would be waited for in a busy loop.
            return options.Wait - oldest + TimeSpan.FromMilliseconds(1);
        }
    }

    /// <summary>Which of our messages this is; null when it is another's, or a greeting.</summary>
    private long? FindNumber(ReadOnlySpan<byte> payload)
    {
        ReadOnlySpan<byte> mark = Encoding.ASCII.GetBytes($"ping {_nonce} ");
        int at = payload.LastIndexOf(mark);
        return at >= 0 && long.TryParse(payload[(at + mark.Length)..], NumberStyles.None, CultureInfo.InvariantCulture, out long number) &&
            number > 0 && number <= _statistics.Sent
            ? number
            : null;
    }

    private static string Milliseconds(TimeSpan time) => time.TotalMilliseconds.ToString("0.000", CultureInfo.InvariantCulture);
}
