using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace EchoServer.Commands.Logging;

/// <summary>Log lines as text on standard output, many of them with one write.</summary>
/// <remarks>
/// <para>The library's provider wakes its thread for each line and writes each line by itself, which cost more than the echo that
/// the line tells of. Here a line goes into a batch on the caller's thread, in the order of logging. A thread writes the batch and
/// then rests, while the next one gathers: a lone line is out at once, and a busy server makes some 200 writes a second.</para>
/// <para>Safe on any thread. Nothing waits for standard output: lines without room are dropped and counted.</para>
/// </remarks>
internal sealed class BatchingConsole : ILoggerProvider
{
    /// <summary>ISO 8601 in UTC.</summary>
    internal const string TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";

    /// <summary>The most bytes of lines: those that wait, and those that are being written.</summary>
    internal const int MaxBytes = 4 * 1024 * 1024;

    private const int TimestampLength = 24;

    // Two hundred writes a second cost next to nothing, and nobody who reads a log sees the delay.
    private const int RestMilliseconds = 5;

    // The library's time for the same.
    private static readonly TimeSpan EndTimeout = TimeSpan.FromMilliseconds(1500);

    private readonly Stream _output;
    private readonly Stream _error;
    private readonly Thread _writer;

    // Guards all that follows. Held only to format or to swap, never while something is written.
    private readonly object _gate = new();
    private readonly byte[] _timestamp = new byte[TimestampLength + 1];
    private long _timestampMillisecond = -1;
    private LogBatch _gathering = new();
    private LogBatch _writing = new();
    private long _dropped;
    private bool _isIdle;
    private bool _isEnding;

    // Also read without the lock.
    private volatile bool _hasFailed;

    /// <summary>Starts the thread that writes.</summary>
    /// <param name="output">Where the lines go. A write that fails is the last one, without a word.</param>
    /// <param name="error">Where the number of dropped lines is said.</param>
    internal BatchingConsole(Stream output, Stream error)
    {
        _output = output;
        _error = error;
        _timestamp[TimestampLength] = (byte)' ';

        // In the background: a write that nobody reads never ends, and must not keep the process.
        _writer = new Thread(WriteBatches) { IsBackground = true, Name = "Log writer" };
        _writer.Start();
    }

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    /// <summary>Writes out what is queued, for as long as a second and a half. What is logged later is dropped.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isEnding = true;
            Monitor.Pulse(_gate);
        }

        _writer.Join(EndTimeout);
    }

    private void Add(in LogLine line)
    {
        lock (_gate)
        {
            if (_isEnding || _hasFailed)
            {
                return;
            }

            bool wasUrgent = _gathering.IsUrgent;
            if (!_gathering.TryAdd(line, Timestamp(), MaxBytes - _writing.Length))
            {
                _dropped++;
                return;
            }

            _gathering.DroppedBefore += _dropped;
            _dropped = 0;
            if (_isIdle || (_gathering.IsUrgent && !wasUrgent))
            {
                _isIdle = false;
                Monitor.Pulse(_gate);
            }
        }
    }

    /// <summary>The time and a space, formatted once a millisecond.</summary>
    private ReadOnlySpan<byte> Timestamp()
    {
        DateTime now = DateTime.UtcNow;
        long millisecond = now.Ticks / TimeSpan.TicksPerMillisecond;
        if (millisecond != _timestampMillisecond)
        {
            bool fits = now.TryFormat(_timestamp, out _, TimestampFormat, CultureInfo.InvariantCulture);
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
                SayDropped(batch.DroppedBefore);
                _output.Write(batch.Bytes);
                _output.Flush();
                Rest();
            }

            // Nothing changes it after the end.
            SayDropped(_dropped);
        }
        catch (Exception)
        {
            // Standard output is closed, or its disk is full. An exception that left this thread would end the process.
            _hasFailed = true;
        }
    }

    /// <summary>Waits for lines.</summary>
    /// <returns>The lines; null when there are no more to come.</returns>
    private LogBatch? TakeBatch()
    {
        lock (_gate)
        {
            while (_gathering.IsEmpty)
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
            return _writing;
        }
    }

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

    private void SayDropped(long lines)
    {
        if (lines == 0)
        {
            return;
        }

        try
        {
            // The library's words.
            _error.Write(Encoding.ASCII.GetBytes($"{lines} message(s) dropped because of queue size limit.{Environment.NewLine}"));
            _error.Flush();
        }
        catch (IOException)
        {
            // Standard error is closed; standard output may still be read.
        }
    }

    /// <summary>One category's logger. Levels are filtered before it is asked.</summary>
    private sealed class Logger(BatchingConsole console, string category) : ILogger
    {
        private readonly byte[] _category = Encoding.UTF8.GetBytes(category);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None && !console._hasFailed;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                string message = OnOneLine(formatter(state, exception));
                string? exceptionText = exception is null ? null : OnOneLine(exception.ToString());
                console.Add(new LogLine(logLevel, _category, eventId.Id, message, exceptionText));
            }
        }

        private static string OnOneLine(string text) => text.Contains('\n', StringComparison.Ordinal) ? text.ReplaceLineEndings(" ") : text;
    }
}
