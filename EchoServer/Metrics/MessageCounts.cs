using System.Runtime.CompilerServices;
using EchoServer.WebSockets;

namespace EchoServer.Metrics;

/// <summary>Messages of one direction: how many, and how many bytes of payload.</summary>
/// <remarks>A mutable value. One thread writes it; others may read each number by itself, which on 64 bits is never torn.</remarks>
internal struct MessageCounts
{
    internal long TextMessages;
    internal long TextBytes;
    internal long BinaryMessages;
    internal long BinaryBytes;

    /// <summary>Messages of both kinds.</summary>
    internal readonly long Messages => TextMessages + BinaryMessages;

    /// <summary>Payload of both kinds in bytes.</summary>
    internal readonly long Bytes => TextBytes + BinaryBytes;

    /// <summary>Counts a frame that carries a whole message; control frames are none.</summary>
    internal void Count(Opcode opcode, long payloadBytes) => Count(new Fragment(opcode), payloadBytes);

    /// <summary>Counts a frame of a message: the message once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Count(Fragment fragment, long payloadBytes)
    {
        int messages = fragment.IsFirst ? 1 : 0;
        if (fragment.Kind == Opcode.Text)
        {
            TextMessages += messages;
            TextBytes += payloadBytes;
        }
        else if (fragment.Kind == Opcode.Binary)
        {
            BinaryMessages += messages;
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
