namespace EchoServer.Commands.Logging;

/// <summary>Formatted log lines that go out in one write. For one thread at a time.</summary>
internal sealed class LogBatch
{
    internal const int MaxLines = 4096;

    // A batch of this many does not wait for more lines: the other half is for those logged while it is written.
    private const int ManyLines = MaxLines / 2;

    private const int MinCapacity = 16 * 1024;

    // Kept from one batch to the next. A busy server's batches fit; memory that a slow reader made necessary is given back.
    private const int MaxKeptCapacity = 512 * 1024;

    private byte[] _bytes = [];
    private int _lines;
    private bool _hasCritical;

    /// <summary>The lines, each with its end.</summary>
    internal ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    internal int Length { get; private set; }

    internal bool IsEmpty => _lines == 0;

    /// <summary>Whether it should be written at once: it is half full, or has a line that the process may not outlive.</summary>
    internal bool IsUrgent => _lines >= ManyLines || _hasCritical;

    /// <summary>Whether there is room for a line: the batch may have so many bytes with it.</summary>
    internal bool HasRoomFor(int length, int maxLength) => _lines < MaxLines && Length + length <= maxLength;

    /// <summary>Adds a line, and writes the time into it, whether or not there is room: the notice of dropped lines always finds its place.</summary>
    internal void Add(ReadOnlySpan<byte> line, ReadOnlySpan<byte> timestamp, int timestampOffset, bool isCritical)
    {
        if (Length + line.Length > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(Math.Max(Length + line.Length, MinCapacity), 2 * _bytes.Length));
        }

        Span<byte> place = _bytes.AsSpan(Length, line.Length);
        line.CopyTo(place);
        timestamp.CopyTo(place[timestampOffset..]);
        Length += line.Length;
        _lines++;
        _hasCritical |= isCritical;
    }

    internal void Clear()
    {
        Length = 0;
        _lines = 0;
        _hasCritical = false;
        if (_bytes.Length > MaxKeptCapacity)
        {
            _bytes = [];
        }
    }
}
