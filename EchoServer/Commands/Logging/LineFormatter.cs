using System.Buffers;

namespace EchoServer.Commands.Logging;

/// <summary>Formats log lines in UTF-8, each with its end.</summary>
/// <remarks>
/// Here all that a line says is escaped, whatever logs it: much of it comes from the network. Safe on any thread; each thread has an output
/// of its own.
/// </remarks>
internal abstract class LineFormatter
{
    /// <summary>The length of a timestamp, in characters and in bytes.</summary>
    internal const int TimestampLength = 24;

    /// <summary>Stands where the timestamp belongs: the queue writes the time over it, in the order of logging.</summary>
    protected static ReadOnlySpan<byte> TimestampPlaceholder => "0000-00-00T00:00:00.000Z"u8;

    /// <summary>Where the timestamp begins in each line.</summary>
    internal abstract int TimestampOffset { get; }

    /// <summary>Whether a line has the values in its sentence by name.</summary>
    internal abstract bool ShowsValues { get; }

    internal abstract void Format(in LogLine line, IBufferWriter<byte> output);
}

/// <summary>How log lines look.</summary>
internal enum LogFormat
{
    Text,
    Json,
}
