using EchoServer.Client.Output;
using EchoServer.Load;

namespace EchoServer.Commands;

/// <summary>Shows the progress of a load as one line on the terminal; shows nothing where standard error is not a terminal.</summary>
internal sealed class LoadProgress : IAsyncDisposable
{
    private const int Columns = 79;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private readonly LoadClient _client;
    private readonly LoadOptions _options;
    private readonly PeriodicTimer? _timer;
    private readonly Task _showing;

    internal LoadProgress(LoadClient client, LoadOptions options)
    {
        _client = client;
        _options = options;
        _timer = Console.IsErrorRedirected ? null : new PeriodicTimer(Interval);
        _showing = _timer is null ? Task.CompletedTask : ShowAsync(_timer);
    }

    /// <summary>Takes the line away.</summary>
    public async ValueTask DisposeAsync()
    {
        _timer?.Dispose();
        await _showing.ConfigureAwait(false);
    }

    private async Task ShowAsync(PeriodicTimer timer)
    {
        long lastAt = Stopwatch.GetTimestamp();
        long lastMessages = 0;
        while (await timer.WaitForNextTickAsync().ConfigureAwait(false))
        {
            long now = Stopwatch.GetTimestamp();
            long messages = _client.Messages;
            double perSecond = (messages - lastMessages) / Stopwatch.GetElapsedTime(lastAt, now).TotalSeconds;
            (lastAt, lastMessages) = (now, messages);
            string line = string.Create(
                CultureInfo.InvariantCulture,
                $"{_client.Open:N0} of {_options.Connections:N0} open  {messages:N0} {(_options.ExpectsEcho ? "echoes" : "answers")} ({perSecond:N0} a second)  {_client.Errors.Total:N0} errors");
            StandardError.Write('\r' + line.PadRight(Columns)[..Columns]);
        }

        StandardError.Write('\r' + new string(' ', Columns) + '\r');
    }
}
