using EchoServer.Fleck;
using Microsoft.Extensions.Logging;
using FleckLevel = global::Fleck.LogLevel;
using FleckLog = global::Fleck.FleckLog;

namespace EchoServer.Tests.Fleck;

/// <summary>What Fleck logs arrives in the server's log: with its level, on one line, and never too long.</summary>
[NonParallelizable]
internal sealed class LogBridgeTests
{
    [TestCase(FleckLevel.Debug, LogLevel.Debug)]
    [TestCase(FleckLevel.Info, LogLevel.Information)]
    [TestCase(FleckLevel.Warn, LogLevel.Warning)]
    [TestCase(FleckLevel.Error, LogLevel.Error)]
    public void A_line_keeps_its_level(int fleck, LogLevel ours)
    {
        LogLine line = Say((FleckLevel)fleck, "text", null);
        Assert.That((line.Category, line.Level, line.Text), Is.EqualTo(("Fleck", ours, "text")));
    }

    [Test]
    public void Text_and_exceptions_are_escaped()
    {
        LogLine line = Say(FleckLevel.Error, "forged\r\n\u001b[31m", new AggregateException(new IOException("reset\nby peer")));
        Assert.That(line.Text, Is.EqualTo(@"forged\r\n\u{1b}[31m: IOException: reset\nby peer"));
        Assert.That(line.Exception, Is.Null, "a logger would print its trace over many lines");
    }

    [Test]
    public void Long_lines_are_cut()
    {
        LogLine line = Say(FleckLevel.Warn, new string('x', 100_000), null);
        Assert.That(line.Text, Is.EqualTo($"{new string('x', FleckLines.MaxFleckCharacters)}… (100000 bytes)"));
    }

    [Test]
    public void A_line_without_text_is_a_line()
    {
        Assert.That(Say(FleckLevel.Info, null!, null).Text, Is.Empty);
    }

    [Test]
    public void Lines_are_held_back_until_the_first_line_is_out_and_dropped_once_the_log_ends()
    {
        using var log = new CapturedLog();
        using var bridge = new FleckLogBridge(log.CreateLogger("Fleck"));
        for (int i = 0; i < 100; i++)
        {
            FleckLog.LogAction(FleckLevel.Info, $"{i}", null);
        }

        Assert.That(log.Lines, Is.Empty);
        bridge.Release();
        FleckLog.LogAction(FleckLevel.Info, "after", null);
        Assert.That(log.Lines.Select(line => line.Text), Is.EqualTo([.. Enumerable.Range(0, 64).Select(i => $"{i}"), "after"]));
        bridge.Dispose();
        FleckLog.LogAction(FleckLevel.Info, "too late", null);
        Assert.That(log.Lines, Has.Count.EqualTo(65));
    }

    [TestCase(LogLevel.Trace, FleckLevel.Debug)]
    [TestCase(LogLevel.Debug, FleckLevel.Debug)]
    [TestCase(LogLevel.Information, FleckLevel.Info)]
    [TestCase(LogLevel.Warning, FleckLevel.Warn)]
    [TestCase(LogLevel.Error, FleckLevel.Error)]
    [TestCase(LogLevel.None, FleckLevel.Error)]
    public void Fleck_is_told_what_nobody_would_read(LogLevel level, int fleck)
    {
        using ILoggerFactory logging = LoggerFactory.Create(builder => builder.SetMinimumLevel(level).AddProvider(new Heard()));
        using var bridge = new FleckLogBridge(logging.CreateLogger("Fleck"));
        Assert.That(FleckLog.Level, Is.EqualTo((FleckLevel)fleck));
    }

    [Test]
    public void A_bridge_that_ends_leaves_a_newer_ones_log_alone()
    {
        using var log = new CapturedLog();
        var older = new FleckLogBridge(log.CreateLogger("older"));
        using var newer = new FleckLogBridge(log.CreateLogger("newer"));
        newer.Release();
        older.Dispose();
        FleckLog.LogAction(FleckLevel.Info, "text", null);
        Assert.That(log.Lines.Select(line => line.Category), Is.EqualTo(["newer"]));
    }

    private static LogLine Say(FleckLevel level, string text, Exception? exception)
    {
        using var log = new CapturedLog();
        using var bridge = new FleckLogBridge(log.CreateLogger("Fleck"));
        bridge.Release();
        FleckLog.LogAction(level, text, exception);
        return log.Lines.Single();
    }

    /// <summary>A log provider; without one every level is off.</summary>
    private sealed class Heard : ILoggerProvider
    {
        private readonly CapturedLog _log = new();

        public ILogger CreateLogger(string categoryName) => _log.CreateLogger(categoryName);

        public void Dispose() => _log.Dispose();
    }
}
