using System.IO.Pipes;
using EchoServer.Commands.Logging;
using EchoServer.Commands.Options;
using EchoServer.Echo;
using EchoServer.WebSockets;
using Microsoft.Extensions.Logging;

namespace EchoServer.Tests.Commands.Logging;

/// <summary>How log lines get to standard output: in order, together, and without a wait for the thread that logs.</summary>
[TestFixture(LogFormat.Text)]
[TestFixture(LogFormat.Json)]
internal sealed class LogQueueTests(LogFormat format)
{
    private static readonly Func<string, Exception?, string> AsIs = (text, _) => text;

    [Test]
    public void Lines_of_several_threads_come_in_the_order_of_logging()
    {
        const int Threads = 4;
        const int LinesEach = 1000;
        using var output = new WatchedStream();
        using (var queue = new LogQueue(output, format))
        {
            Thread[] threads = [.. Enumerable.Range(0, Threads).Select(number => new Thread(() => LogMany(queue.CreateLogger($"T{number}"), LinesEach)))];
            Array.ForEach(threads, thread => thread.Start());
            Array.ForEach(threads, thread => thread.Join());
        }

        Line[] lines = [.. output.Lines.Select(Read)];
        Assert.That(lines.Select(line => line.Time), Is.Ordered);
        for (int number = 0; number < Threads; number++)
        {
            Assert.That(
                lines.Where(line => line.Category == $"T{number}").Select(line => line.Message),
                Is.EqualTo(Enumerable.Range(0, LinesEach).Select(i => $"line {i}")));
        }
    }

    [Test]
    public async Task A_line_is_out_without_another_one_after_it()
    {
        using var output = new WatchedStream();
        using var queue = new LogQueue(output, format);
        ILogger log = queue.CreateLogger("Test");
        for (int i = 1; i <= 3; i++)
        {
            log.Log(LogLevel.Information, 1, "alone", null, AsIs);
            await WaitForLinesAsync(output, i);
        }
    }

    [Test]
    public async Task Lines_that_gather_during_a_write_go_out_together()
    {
        using var output = new WatchedStream();
        using (var queue = new LogQueue(output, format))
        {
            await BlockAsync(queue, output);
            LogMany(queue.CreateLogger("Test"), 1000);
            output.Release();
        }

        Assert.That(output.Lines, Has.Count.EqualTo(1001));
        Assert.That(output.Writes, Is.EqualTo(2));
    }

    [Test]
    public async Task Lines_without_room_are_dropped_and_a_line_in_their_place_says_how_many()
    {
        using var output = new WatchedStream();
        using var queue = new LogQueue(output, format);
        await BlockAsync(queue, output);
        ILogger log = queue.CreateLogger("Test");
        LogMany(log, LogBatch.MaxLines + 5);
        output.Release();

        // The blocked line, the full batch and the notice.
        await WaitForLinesAsync(output, 1 + LogBatch.MaxLines + 1);
        log.Log(LogLevel.Information, 1, "after the jam", null, AsIs);
        await WaitForLinesAsync(output, 1 + LogBatch.MaxLines + 2);

        Line[] last = [.. output.Lines.TakeLast(3).Select(Read)];
        Assert.That(last[0].Message, Is.EqualTo($"line {LogBatch.MaxLines - 1}"));
        Assert.That((last[1].Level, last[1].Category), Is.EqualTo((LogLevel.Warning, LogQueue.Category)));
        Assert.That(last[1].Message, Does.StartWith("Dropped 5 log lines because standard output was not read in time; "));
        Assert.That(last[2].Message, Is.EqualTo("after the jam"));
    }

    [Test]
    public async Task The_notice_of_dropped_lines_names_options_of_this_program()
    {
        using var output = new WatchedStream();
        using (var queue = new LogQueue(output, format))
        {
            await BlockAsync(queue, output);
            LogMany(queue.CreateLogger("Test"), LogBatch.MaxLines + 1);
            output.Release();
        }

        string[] named = [.. Read(output.Lines[^1]).Message.Split(' ', ';').Where(word => word.StartsWith("--", StringComparison.Ordinal))];
        Assert.That(named, Is.Not.Empty);
        Assert.That(named, Is.SubsetOf(Settings.All.Select(setting => setting.Name)));
    }

    [Test]
    public async Task Long_lines_are_dropped_before_they_take_more_memory_than_they_may()
    {
        using var output = new WatchedStream();
        string text = new('x', 64 * 1024);
        using (var queue = new LogQueue(output, format))
        {
            await BlockAsync(queue, output);
            for (int i = 0; i < 100; i++)
            {
                queue.CreateLogger("Test").Log(LogLevel.Information, 1, text, null, AsIs);
            }

            output.Release();
        }

        // The number is also said when no line comes after those that were dropped.
        int written = output.Lines.Count - 2;
        Assert.That(written, Is.InRange(50, LogQueue.MaxBytes / text.Length));
        Assert.That(Read(output.Lines[^1]).Message, Does.StartWith($"Dropped {100 - written} log lines "));
    }

    [Test]
    public async Task A_line_that_never_finds_room_is_counted_at_once()
    {
        using var output = new WatchedStream();
        using var queue = new LogQueue(output, format);
        string text = new('x', LogQueue.MaxBytes);
        queue.CreateLogger("Test").Log(LogLevel.Information, 1, text, null, AsIs);
        await WaitForLinesAsync(output, 1);
        Assert.That(Read(output.Lines[0]).Message, Does.StartWith("Dropped 1 log lines "));
    }

    [Test]
    public async Task The_end_writes_out_what_is_queued()
    {
        using var output = new WatchedStream();
        var queue = new LogQueue(output, format);
        await BlockAsync(queue, output);
        LogMany(queue.CreateLogger("Test"), 10);
        Task end = Task.Run(queue.Dispose);
        output.Release();
        await end.WaitAsync(ServerProcess.Patience);
        Assert.That(output.Lines.Select(line => Read(line).Message), Is.EqualTo(Enumerable.Range(0, 10).Select(i => $"line {i}").Prepend("blocked")));
    }

    [Test]
    public async Task The_end_does_not_wait_for_a_reader_who_never_comes()
    {
        using var output = new WatchedStream();
        var queue = new LogQueue(output, format);
        await BlockAsync(queue, output);
        LogMany(queue.CreateLogger("Test"), 10);
        await Task.Run(queue.Dispose).WaitAsync(ServerProcess.Patience);
        Assert.That(output.Lines, Is.Empty);
        LogMany(queue.CreateLogger("Test"), 10);
        output.Release();
        await WaitForLinesAsync(output, 11);
    }

    [Test]
    public async Task A_closed_output_is_not_noticed_by_the_thread_that_logs()
    {
        using var output = new AnonymousPipeServerStream(PipeDirection.Out);
        output.DisposeLocalCopyOfClientHandle();
        await AssertNotNoticedAsync(output);
    }

    [Test]
    [Platform("Linux")]
    public async Task A_full_disk_is_not_noticed_by_the_thread_that_logs()
    {
        await using var output = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        await AssertNotNoticedAsync(output);
    }

    [Test]
    public async Task A_line_allocates_nothing()
    {
        using var output = new WatchedStream();
        using var queue = new LogQueue(output, format);
        ILogger log = queue.CreateLogger("Test");

        // The batch grows first. It is every second one, and so the same one again.
        await BlockAsync(queue, output);
        LogSame(log, 2000);
        output.Release();
        await WaitForLinesAsync(output, 2001);
        await BlockAsync(queue, output);

        // Each thread makes a buffer for its lines once, and after the wait this may be another thread.
        LogSame(log, 1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        LogSame(log, 1000);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        output.Release();
        Assert.That(allocated, Is.Zero);
    }

    [Test]
    public void A_line_of_a_message_allocates_nothing()
    {
        const int Rounds = 50;
        byte[] text = [.. Enumerable.Repeat("né"u8.ToArray(), 300).SelectMany(bytes => bytes)];
        using var queue = new LogQueue(Stream.Null, format);
        ILogger log = queue.CreateLogger("Echo");

        // Batches grow first, and the runtime replaces its first, unoptimised code.
        long[] allocated = new long[Rounds];
        for (int round = 0; round < Rounds; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 500; i++)
            {
                MessageLine.Log(log, i, new Message(isText: i % 2 == 0, text));
            }

            allocated[round] = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.That(allocated.Min(), Is.Zero, string.Join(' ', allocated));
    }

    private async Task AssertNotNoticedAsync(Stream output)
    {
        using var queue = new LogQueue(output, format);
        ILogger log = queue.CreateLogger("Test");
        log.Log(LogLevel.Information, 1, "lost", null, AsIs);
        await Wait.UntilAsync(() => !log.IsEnabled(LogLevel.Critical), () => "The write did not fail");
        LogMany(log, 2 * LogBatch.MaxLines);
    }

    private static void LogMany(ILogger log, int lines)
    {
        for (int i = 0; i < lines; i++)
        {
            string text = $"line {i}";
            log.Log(LogLevel.Information, 1, text, null, AsIs);
        }
    }

    private static void LogSame(ILogger log, int lines)
    {
        for (int i = 0; i < lines; i++)
        {
            log.Log(LogLevel.Information, 1, "the same line", null, AsIs);
        }
    }

    private static async Task BlockAsync(LogQueue queue, WatchedStream output)
    {
        output.Block();
        queue.CreateLogger("Test").Log(LogLevel.Information, 1, "blocked", null, AsIs);
        await Wait.UntilAsync(() => output.IsBlocked, () => "The line was not written");
    }

    private static Task WaitForLinesAsync(WatchedStream output, int lines) =>
        Wait.UntilAsync(() => output.Lines.Count == lines, () => $"{output.Lines.Count} of {lines} lines are out");

    private Line Read(string line)
    {
        if (format == LogFormat.Json)
        {
            JsonElement json = JsonDocument.Parse(line).RootElement;
            // The notice has values in place of a sentence.
            return new Line(
                json.GetProperty("time").GetString()!,
                Enum.Parse<LogLevel>(json.GetProperty("level").GetString()!, ignoreCase: true),
                json.TryGetProperty("category", out JsonElement category) ? category.GetString()! : LogQueue.Category,
                json.TryGetProperty("message", out JsonElement message)
                    ? message.GetString()!
                    : $"Dropped {json.GetProperty("count")} log lines because {json.GetProperty("reason")}; {json.GetProperty("advice")}");
        }

        string[] parts = line.Split(' ', 4);
        LogLevel level = parts[1] == "warn:" ? LogLevel.Warning : LogLevel.Information;
        return new Line(parts[0], level, parts[2][..parts[2].IndexOf('[', StringComparison.Ordinal)], parts[3]);
    }

    private sealed record Line(string Time, LogLevel Level, string Category, string Message);
}
