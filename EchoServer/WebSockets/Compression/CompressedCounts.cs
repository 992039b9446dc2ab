namespace EchoServer.WebSockets.Compression;

/// <summary>Messages of one direction that went over the network compressed: how many, and their payload before and after.</summary>
/// <remarks>A mutable value. One thread writes it; others may read each number by itself, which on 64 bits is never torn.</remarks>
internal struct CompressedCounts
{
    /// <summary>Messages.</summary>
    internal long Messages;

    /// <summary>Their payload in bytes, compressed: what the network carried.</summary>
    internal long CompressedBytes;

    /// <summary>Their payload in bytes, not compressed: what they say.</summary>
    internal long PlainBytes;

    /// <summary>Counts a message.</summary>
    internal void Count(long compressedBytes, long plainBytes)
    {
        Messages++;
        CompressedBytes += compressedBytes;
        PlainBytes += plainBytes;
    }

    /// <summary>Adds what another has counted.</summary>
    internal void Add(in CompressedCounts other)
    {
        Messages += other.Messages;
        CompressedBytes += other.CompressedBytes;
        PlainBytes += other.PlainBytes;
    }
}
