using EchoServer.Client.Output;
using EchoServer.Load;

namespace EchoServer.Commands;

/// <summary>Shows the progress of a load as one line on the terminal; shows nothing where standard error is not a terminal.</summary>
internal static class LoadProgress
{
    private const int Columns = 79;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Shows the line until the load is over, however it ends, and takes it away.</summary>
    internal static async Task ShowAsync(LoadClient client, LoadOptions options, Task load)
    {
        if (Console.IsErrorRedirected)
        {
            return;
        }

        long lastAt = Stopwatch.GetTimestamp();
        long lastMessages = 0;
        while (await Task.WhenAny(load, Task.Delay(Interval)).ConfigureAwait(false) != load)
        {
            long now = Stopwatch.GetTimestamp();
            long messages = client.Messages;
            double perSecond = (messages - lastMessages) / Stopwatch.GetElapsedTime(lastAt, now).TotalSeconds;
            (lastAt, lastMessages) = (now, messages);
            string line = string.Create(
                CultureInfo.InvariantCulture,
                $"{client.Open:N0} of {options.Connections:N0} open  {messages:N0} {(options.ExpectsEcho ? "echoes" : "answers")} ({perSecond:N0} a second)  {client.Errors.Total:N0} errors");
            StandardError.Write('\r' + line.PadRight(Columns)[..Columns]);
        }

        StandardError.Write('\r' + new string(' ', Columns) + '\r');
    }
}
