using EchoServer.WebSockets;

namespace EchoServer.Metrics;

/// <summary>Messages of one direction: how many, and how many bytes of payload.</summary>
/// <remarks>A mutable value. One thread writes it; others may read each number by itself, which on 64 bits is never torn.</remarks>
internal struct MessageCounts
{
    /// <summary>Text messages.</summary>
    internal long TextMessages;

    /// <summary>Their payload in bytes.</summary>
    internal long TextBytes;

    /// <summary>Binary messages.</summary>
    internal long BinaryMessages;

    /// <summary>Their payload in bytes.</summary>
    internal long BinaryBytes;

    /// <summary>Messages of both kinds.</summary>
    internal readonly long Messages => TextMessages + BinaryMessages;

    /// <summary>Payload of both kinds in bytes.</summary>
    internal readonly long Bytes => TextBytes + BinaryBytes;

    /// <summary>Counts a frame that carries a whole message; control frames are none.</summary>
    internal void Count(Opcode opcode, long payloadBytes)
    {
        if (opcode == Opcode.Text)
        {
            TextMessages++;
            TextBytes += payloadBytes;
        }
        else if (opcode == Opcode.Binary)
        {
            BinaryMessages++;
            BinaryBytes += payloadBytes;
        }
    }

    /// <summary>Adds what another has counted.</summary>
    internal void Add(in MessageCounts other)
    {
        TextMessages += other.TextMessages;
        TextBytes += other.TextBytes;
        BinaryMessages += other.BinaryMessages;
        BinaryBytes += other.BinaryBytes;
    }
}
