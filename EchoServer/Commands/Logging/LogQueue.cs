using System.Buffers;
using EchoServer.Echo;
using Microsoft.Extensions.Logging;

namespace EchoServer.Commands.Logging;

/// <summary>Log lines on their way to standard output: a bounded queue, and one thread that writes many lines at once.</summary>
/// <remarks>
/// <para>A line is formatted on the thread that logs it, and joins a batch in the order of logging. The writer writes the batch and
/// then rests while the next one fills: a lone line is written at once, and a busy server makes some 200 writes a second. One write
/// for each line would cost more CPU than the echo that the line is about.</para>
/// <para>Safe on any thread. No logging thread waits for standard output: a line without room is dropped. Where lines are missing,
/// a line says how many.</para>
/// </remarks>
internal sealed class LogQueue : ILoggerProvider
{
    /// <summary>The most bytes of lines: those that wait, and those that are being written.</summary>
    internal const int MaxBytes = 4 * 1024 * 1024;

    /// <summary>The category of the notice about dropped lines.</summary>
    internal const string Category = "Log";

    private const int DroppedEventId = 1;

    private const string DroppedReason = "standard output was not read in time";

    private const string DroppedAdvice =
        "log less with --log-messages off (LOG_MESSAGES) or --log-level warning (LOG_LEVEL), or read it faster";

    // Two hundred writes a second cost next to nothing, and a reader does not notice the delay.
    private const int RestMilliseconds = 5;

    // A thread keeps this much from line to line.
    private const int MaxKeptLineBytes = 64 * 1024;

    private static readonly TimeSpan EndTimeout = TimeSpan.FromMilliseconds(1500);

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _line;

    private readonly Stream _output;
    private readonly LineFormatter _formatter;
    private readonly Thread _writer;

    // Guards all that follows. Held only to copy or to swap, never during a write.
    private readonly object _gate = new();
    private readonly byte[] _timestamp = new byte[LineFormatter.TimestampLength];
    private long _timestampMillisecond = -1;
    private LogBatch _gathering = new();
    private LogBatch _writing = new();
    private long _dropped;
    private bool _isIdle;
    private bool _isEnding;

    // Also read without the lock.
    private volatile bool _hasFailed;

    /// <summary>Starts the writer. After the first write that fails, nothing is written.</summary>
    internal LogQueue(Stream output, LogFormat format)
    {
        _output = output;
        _formatter = format == LogFormat.Json ? new JsonLineFormatter() : new TextLineFormatter();

        // A background thread: a write to a pipe that is never read does not end, and must not keep the process alive.
        _writer = new Thread(WriteBatches) { IsBackground = true, Name = "Log writer" };
        _writer.Start();
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    /// <summary>Writes out queued lines, for as long as a second and a half. Lines logged later are dropped.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isEnding = true;
            Monitor.Pulse(_gate);
        }

        // A wait can end before its time where the clocks of the process are moved, as libfaketime does.
        long start = Stopwatch.GetTimestamp();
        while (EndTimeout - Stopwatch.GetElapsedTime(start) is { Ticks: > 0 } left && !_writer.Join(left))
        {
        }
    }

    private void Add(in LogLine line)
    {
        ReadOnlySpan<byte> formatted = Format(line);
        lock (_gate)
        {
            if (_isEnding || _hasFailed)
            {
                return;
            }

            bool wasUrgent = _gathering.IsUrgent;
            if (_gathering.HasRoomFor(formatted.Length, MaxBytes - _writing.Length))
            {
                _gathering.Add(formatted, Timestamp(), _formatter.TimestampOffset, line.Level == LogLevel.Critical);
            }
            else
            {
                _dropped++;
            }

            if (_isIdle || (_gathering.IsUrgent && !wasUrgent))
            {
                _isIdle = false;
                Monitor.Pulse(_gate);
            }
        }
    }

    /// <returns>The line, until this thread formats the next one.</returns>
    private ReadOnlySpan<byte> Format(in LogLine line)
    {
        if (_line is null || _line.Capacity > MaxKeptLineBytes)
        {
            _line = new ArrayBufferWriter<byte>();
        }

        _line.ResetWrittenCount();
        _formatter.Format(line, _line);
        return _line.WrittenSpan;
    }

    /// <summary>The time, formatted once a millisecond.</summary>
    private ReadOnlySpan<byte> Timestamp()
    {
        DateTime now = DateTime.UtcNow;
        long millisecond = now.Ticks / TimeSpan.TicksPerMillisecond;
        if (millisecond != _timestampMillisecond)
        {
            bool fits = now.TryFormat(_timestamp, out _, Times.UtcFormat, CultureInfo.InvariantCulture);
            Debug.Assert(fits, "the format has a fixed length");
            _timestampMillisecond = millisecond;
        }

        return _timestamp;
    }

    private void WriteBatches()
    {
        try
        {
            while (TakeBatch() is { } batch)
            {
                _output.Write(batch.Bytes);
                _output.Flush();
                Rest();
            }
        }
        catch (Exception)
        {
            // Standard output is closed, or its disk is full. An exception that left this thread would end the process.
            _hasFailed = true;
        }
    }

    /// <returns>The lines, and how many were dropped after them; null at the end.</returns>
    private LogBatch? TakeBatch()
    {
        lock (_gate)
        {
            while (_gathering.IsEmpty && _dropped == 0)
            {
                if (_isEnding)
                {
                    return null;
                }

                _isIdle = true;
                Monitor.Wait(_gate);
            }

            _isIdle = false;
            (_gathering, _writing) = (_writing, _gathering);
            if (_dropped > 0)
            {
                _writing.Add(Format(DroppedNotice(_dropped)), Timestamp(), _formatter.TimestampOffset, isCritical: false);
                _dropped = 0;
            }

            return _writing;
        }
    }

    private static LogLine DroppedNotice(long lines) => new()
    {
        Level = LogLevel.Warning,
        Category = Category,
        Event = new EventId(DroppedEventId, "dropped"),
        Sentence = $"Dropped {lines} log lines because {DroppedReason}; {DroppedAdvice}",
        Values = [new("count", lines), new("reason", DroppedReason), new("advice", DroppedAdvice)],
    };

    /// <summary>Lets lines gather after a write.</summary>
    private void Rest()
    {
        lock (_gate)
        {
            _writing.Clear();
            if (!_isEnding && !_gathering.IsUrgent)
            {
                Monitor.Wait(_gate, RestMilliseconds);
            }
        }
    }

    /// <summary>One category's logger. Levels are filtered before it is asked.</summary>
    private sealed class Logger(LogQueue queue, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None && !queue._hasFailed;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                var prepared = state as MessageLine;

                // A cast of the state allocates, unless it is a class.
                var values = queue._formatter.ShowsValues ? state as IReadOnlyList<KeyValuePair<string, object?>> : null;
                queue.Add(new LogLine
                {
                    Level = logLevel,
                    Category = category,
                    Event = eventId,
                    Sentence = prepared is null ? formatter(state, exception) : prepared.Sentence,
                    Values = values,
                    Prepared = prepared,
                    Exception = exception?.ToString(),
                });
            }
        }
    }
}
