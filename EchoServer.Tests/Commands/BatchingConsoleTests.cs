using System.IO.Pipes;
using System.Text;
using EchoServer.Commands.Logging;
using EchoServer.Tests.Support;
using Microsoft.Extensions.Logging;

namespace EchoServer.Tests.Commands;

/// <summary>How text lines get to standard output: in order, together, and never at the cost of who logs.</summary>
internal sealed class BatchingConsoleTests
{
    private static readonly Func<string, Exception?, string> AsIs = (text, _) => text;

    [Test]
    public void Lines_look_as_the_library_writes_them()
    {
        using var output = new WatchedStream();
        using (var console = new BatchingConsole(output, Stream.Null))
        {
            ILogger log = console.CreateLogger("Näme");
            LogLevel[] levels = [LogLevel.Trace, LogLevel.Debug, LogLevel.Information, LogLevel.Warning, LogLevel.Error, LogLevel.Critical];
            foreach (LogLevel level in levels)
            {
                log.Log(level, new EventId(int.MinValue), "Grüße 🌍…", null, AsIs);
            }

            log.Log(LogLevel.None, 1, "never", null, AsIs);
        }

        string[] words = ["trce", "dbug", "info", "warn", "fail", "crit"];
        Assert.That(output.Lines, Has.All.Match(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z "));
        Assert.That(output.Lines.Select(line => line[25..]), Is.EqualTo(words.Select(word => $"{word}: Näme[-2147483648] Grüße 🌍…")));
    }

    [Test]
    public void A_message_and_an_exception_of_many_lines_are_one_line()
    {
        using var output = new WatchedStream();
        using (var console = new BatchingConsole(output, Stream.Null))
        {
            var exception = new InvalidOperationException("one\r\ntwo", new IOException("inner"));
            console.CreateLogger("Test").Log(LogLevel.Error, 7, "first\nsecond\r\nthird", exception, AsIs);
        }

        Assert.That(output.Lines, Has.Count.EqualTo(1));
        Assert.That(output.Lines[0], Does.Contain("fail: Test[7] first second third System.InvalidOperationException: one two "));
        Assert.That(output.Lines[0], Does.Contain("System.IO.IOException: inner"));
    }

    [Test]
    public void Lines_of_several_threads_come_in_the_order_of_logging()
    {
        const int Threads = 4;
        const int LinesEach = 1000;
        using var output = new WatchedStream();
        using (var console = new BatchingConsole(output, Stream.Null))
        {
            Thread[] threads = [.. Enumerable.Range(0, Threads).Select(number => new Thread(() => LogMany(console.CreateLogger($"T{number}"), LinesEach)))];
            Array.ForEach(threads, thread => thread.Start());
            Array.ForEach(threads, thread => thread.Join());
        }

        Assert.That(output.Lines.Select(line => line[..24]), Is.Ordered);
        for (int number = 0; number < Threads; number++)
        {
            string category = $" T{number}[1] ";
            Assert.That(
                output.Lines.Where(line => line.Contains(category, StringComparison.Ordinal)).Select(line => line[(line.LastIndexOf(' ') + 1)..]),
                Is.EqualTo(Enumerable.Range(0, LinesEach).Select(i => $"{i}")));
        }
    }

    [Test]
    public async Task A_line_is_out_without_another_one_after_it()
    {
        using var output = new WatchedStream();
        using var console = new BatchingConsole(output, Stream.Null);
        ILogger log = console.CreateLogger("Test");
        for (int i = 1; i <= 3; i++)
        {
            log.Log(LogLevel.Information, 1, "alone", null, AsIs);
            await Wait.UntilAsync(() => output.Lines.Count == i, () => $"{output.Lines.Count} of {i} lines are out");
        }
    }

    [Test]
    public async Task Lines_that_gather_during_a_write_go_out_together()
    {
        using var output = new WatchedStream();
        using (var console = new BatchingConsole(output, Stream.Null))
        {
            await BlockAsync(console, output);
            LogMany(console.CreateLogger("Test"), 1000);
            output.Release();
        }

        Assert.That(output.Lines, Has.Count.EqualTo(1001));
        Assert.That(output.Writes, Is.EqualTo(2));
    }

    [Test]
    public async Task Lines_without_room_are_dropped_and_counted_before_the_next_one_that_finds_room()
    {
        using var output = new WatchedStream();
        using var error = new WatchedStream();
        using (var console = new BatchingConsole(output, error))
        {
            await BlockAsync(console, output);
            ILogger log = console.CreateLogger("Test");
            LogMany(log, LogBatch.MaxLines + 5);
            output.Release();
            await Wait.UntilAsync(() => output.Lines.Count == 1 + LogBatch.MaxLines, () => $"{output.Lines.Count} lines are out");
            Assert.That(error.Lines, Is.Empty);
            log.Log(LogLevel.Information, 1, "after the jam", null, AsIs);
            await Wait.UntilAsync(() => output.Lines[^1].EndsWith("after the jam", StringComparison.Ordinal), () => output.Lines[^1]);
            Assert.That(error.Lines, Is.EqualTo(["5 message(s) dropped because of queue size limit."]));
        }

        Assert.That(error.Lines, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Long_lines_are_dropped_before_they_take_more_memory_than_they_may()
    {
        using var output = new WatchedStream();
        using var error = new WatchedStream();
        string text = new('x', 64 * 1024);
        using (var console = new BatchingConsole(output, error))
        {
            await BlockAsync(console, output);
            for (int i = 0; i < 100; i++)
            {
                console.CreateLogger("Test").Log(LogLevel.Information, 1, text, null, AsIs);
            }

            output.Release();
        }

        // The number that was dropped is also said when no line came after them.
        int written = output.Lines.Count - 1;
        Assert.That(written, Is.InRange(50, BatchingConsole.MaxBytes / text.Length));
        Assert.That(error.Lines, Is.EqualTo([$"{100 - written} message(s) dropped because of queue size limit."]));
    }

    [Test]
    public async Task The_end_does_not_wait_for_a_reader_who_never_comes()
    {
        using var output = new WatchedStream();
        var console = new BatchingConsole(output, Stream.Null);
        await BlockAsync(console, output);
        LogMany(console.CreateLogger("Test"), 10);
        Task end = Task.Run(console.Dispose);
        Assert.That(await Task.WhenAny(end, Task.Delay(ServerProcess.Patience)), Is.SameAs(end));
        Assert.That(output.Lines, Is.Empty);
        LogMany(console.CreateLogger("Test"), 10);
        output.Release();
        await Wait.UntilAsync(() => output.Lines.Count == 11, () => $"{output.Lines.Count} lines are out");
    }

    [Test]
    public async Task A_closed_output_is_never_noticed_by_who_logs()
    {
        using var output = new AnonymousPipeServerStream(PipeDirection.Out);
        output.DisposeLocalCopyOfClientHandle();
        using var error = new WatchedStream();
        using (var console = new BatchingConsole(output, error))
        {
            ILogger log = console.CreateLogger("Test");
            log.Log(LogLevel.Information, 1, "nobody hears", null, AsIs);
            await Wait.UntilAsync(() => !log.IsEnabled(LogLevel.Critical), () => "The write did not fail");
            LogMany(log, 2 * LogBatch.MaxLines);
        }

        Assert.That(error.Lines, Is.Empty);
    }

    [Test]
    public async Task A_line_allocates_nothing()
    {
        using var output = new WatchedStream();
        using var console = new BatchingConsole(output, Stream.Null);
        ILogger log = console.CreateLogger("Test");

        // The batch grows first. It is every second one, and so the same one again.
        await BlockAsync(console, output);
        LogSame(log, 2000);
        output.Release();
        await Wait.UntilAsync(() => output.Lines.Count == 2001, () => $"{output.Lines.Count} lines are out");
        await BlockAsync(console, output);
        long before = GC.GetAllocatedBytesForCurrentThread();
        LogSame(log, 1000);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        output.Release();
        Assert.That(allocated, Is.Zero);
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

    /// <summary>Logs a line whose write does not end before <see cref="WatchedStream.Release"/>.</summary>
    private static async Task BlockAsync(BatchingConsole console, WatchedStream output)
    {
        output.Block();
        console.CreateLogger("Test").Log(LogLevel.Information, 1, "blocked", null, AsIs);
        await Wait.UntilAsync(() => output.IsBlocked, () => "The line was not written");
    }

    /// <summary>Keeps what is written, and can be as slow as a reader who is away.</summary>
    private sealed class WatchedStream : MemoryStream
    {
        private readonly ManualResetEventSlim _open = new(initialState: true);
        private readonly StringBuilder _text = new();
        private volatile bool _isBlocked;

        public int Writes { get; private set; }

        public bool IsBlocked => _isBlocked;

        public List<string> Lines
        {
            get
            {
                lock (_text)
                {
                    return [.. _text.ToString().Split(Environment.NewLine)[..^1]];
                }
            }
        }

        public void Block() => _open.Reset();

        public void Release() => _open.Set();

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _isBlocked = !_open.IsSet;
            _open.Wait();
            _isBlocked = false;
            lock (_text)
            {
                Writes++;
                _text.Append(Encoding.UTF8.GetString(buffer));
            }
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        // The writer of a test that failed must not wait for ever. The event stays whole for it.
        protected override void Dispose(bool disposing)
        {
            _open.Set();
            base.Dispose(disposing);
        }
    }
}
