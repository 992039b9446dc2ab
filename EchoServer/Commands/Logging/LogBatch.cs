using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging;

namespace EchoServer.Commands.Logging;

/// <summary>Log lines that go out in one write: each has time, level, category with event number, message, exception.</summary>
/// <remarks>
/// The lines look as the library's own do with a timestamp and single lines, always in UTF-8. For one thread at a time.
/// </remarks>
internal sealed class LogBatch
{
    /// <summary>The most lines that a batch holds.</summary>
    internal const int MaxLines = 4096;

    // From here on a batch should not wait for more lines to come: the other half is for those that come while it is written.
    private const int ManyLines = MaxLines / 2;

    private const int LeastCapacity = 16 * 1024;

    // What is kept from one batch to the next. A busy server's batches fit; what a jam of the reader needed is given back.
    private const int MostKeptCapacity = 512 * 1024;

    // "warn: ", "[-2147483648] " and a space before the exception.
    private const int MostFramingBytes = 6 + 14 + 1;

    private const int MostBytesPerCharacter = 3;

    private static readonly byte[] LineEnd = Encoding.ASCII.GetBytes(Environment.NewLine);

    private byte[] _bytes = [];
    private int _lines;
    private bool _hasCritical;

    /// <summary>The lines in UTF-8, each with its end.</summary>
    internal ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    /// <summary>How many bytes the lines have.</summary>
    internal int Length { get; private set; }

    /// <summary>How many lines found no room before this batch.</summary>
    internal long DroppedBefore { get; set; }

    /// <summary>Whether there is no line.</summary>
    internal bool IsEmpty => _lines == 0;

    /// <summary>Whether it should be written at once: it is half full, or has a line that the process may not outlive.</summary>
    internal bool IsUrgent => _lines >= ManyLines || _hasCritical;

    /// <summary>Adds a line when there is room for it.</summary>
    /// <param name="line">What it says.</param>
    /// <param name="timestamp">When, as it is shown.</param>
    /// <param name="mostBytes">How many bytes the batch may have with it.</param>
    /// <returns>Whether there was room.</returns>
    internal bool TryAdd(in LogLine line, ReadOnlySpan<byte> timestamp, int mostBytes)
    {
        long characters = (long)line.Message.Length + (line.Exception?.Length ?? 0);
        long most = Length + timestamp.Length + MostFramingBytes + line.Category.Length + (MostBytesPerCharacter * characters) + LineEnd.Length;
        if (_lines == MaxLines || most > mostBytes)
        {
            return false;
        }

        Reserve((int)most);
        Append(timestamp);
        Append(Word(line.Level));
        Append(": "u8);
        Append(line.Category);
        Append("["u8);
        bool fits = line.EventId.TryFormat(_bytes.AsSpan(Length), out int digits);
        Debug.Assert(fits, "room is reserved for the longest number");
        Length += digits;
        Append("] "u8);
        Append(line.Message);
        if (line.Exception is not null)
        {
            Append(" "u8);
            Append(line.Exception);
        }

        Append(LineEnd);
        _lines++;
        _hasCritical |= line.Level == LogLevel.Critical;
        return true;
    }

    /// <summary>Takes all lines out.</summary>
    internal void Clear()
    {
        Length = 0;
        _lines = 0;
        _hasCritical = false;
        DroppedBefore = 0;
        if (_bytes.Length > MostKeptCapacity)
        {
            _bytes = [];
        }
    }

    // The library's words.
    private static ReadOnlySpan<byte> Word(LogLevel level) => level switch
    {
        LogLevel.Trace => "trce"u8,
        LogLevel.Debug => "dbug"u8,
        LogLevel.Information => "info"u8,
        LogLevel.Warning => "warn"u8,
        LogLevel.Error => "fail"u8,
        _ => "crit"u8,
    };

    private void Reserve(int capacity)
    {
        if (capacity > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(Math.Max(capacity, LeastCapacity), 2 * _bytes.Length));
        }
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_bytes.AsSpan(Length));
        Length += bytes.Length;
    }

    private void Append(string text) => Length += Encoding.UTF8.GetBytes(text, _bytes.AsSpan(Length));
}
