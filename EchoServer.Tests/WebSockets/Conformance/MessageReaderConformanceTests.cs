using EchoServer.Tests.Support;
using EchoServer.WebSockets;

namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>The conformance table against <see cref="MessageReader"/> and <see cref="ClosePayload"/>, without a socket.</summary>
[Parallelizable(ParallelScope.Children)]
internal sealed class MessageReaderConformanceTests
{
    // Splitting in two at every offset costs the square of the length, and the length times the frames: 65536 bytes in some
    // frames take seconds. What is longer, or has thousands of frames, is split at some offsets near its ends and between.
    private const int EveryOffsetUpTo = 66_000;
    private const int EveryOffsetUpToFrames = 500;
    private const int SampledOffsets = 40;

    // Up to here, which is 1 MiB and a header, byte by byte as well; beyond that in pieces of an odd size.
    private const int ByteByByteUpTo = (1024 * 1024) + Frame.MaxHeaderSize;
    private const int OddPiece = 1021;

    // RFC 6455 §5.2 and §5.5: the longest control frame has two bytes, the key and 125 bytes; a whole one is not kept.
    private const int LongestKept = 2 + 4 + 125 - 1;

    [TestCaseSource(typeof(ConformanceTable), nameof(ConformanceTable.All))]
    public void FindsTheSameHoweverItIsCut(ConformanceCase row)
    {
        WireFrame[] frames = [.. row.Frames];
        byte[] input = WireFrame.Join(frames);

        foreach (int[] pieces in CutsOf(row, input.Length, frames.Length))
        {
            List<WireEvent> found = Feed(input, pieces);
            // The assertion itself is slow: a vector of 65536 bytes would spend most of its time there.
            if (!found.SequenceEqual(row.Events))
            {
                Assert.That(found, Is.EqualTo(row.Events), $"in pieces of {string.Join(", ", pieces.Take(10))}");
            }
        }
    }

    private static IEnumerable<int[]> CutsOf(ConformanceCase row, int length, int frames)
    {
        if (row.ChopSize is int size)
        {
            // The same bytes as a case before it: only the pieces are new.
            return [[length], EvenPieces(length, size)];
        }

        return length <= EveryOffsetUpTo && frames <= EveryOffsetUpToFrames ? Splits.Of(length) : SampledCuts(length);
    }

    private static IEnumerable<int[]> SampledCuts(int length)
    {
        yield return [length];
        for (int i = 1; i <= SampledOffsets; i++)
        {
            // A copy and a check of many megabytes take long: these are cut only a few times.
            if (length <= ByteByByteUpTo || i % 8 == 0)
            {
                int at = (int)((long)length * i / (SampledOffsets + 1));
                yield return [i, length - i];
                yield return [at, length - at];
                yield return [length - i, i];
            }
        }

        yield return EvenPieces(length, length > ByteByByteUpTo ? OddPiece : 1);
    }

    private static int[] EvenPieces(int length, int size)
    {
        int[] pieces = [.. Enumerable.Repeat(size, length / size)];
        return length % size == 0 ? pieces : [.. pieces, length % size];
    }

    /// <summary>What a connection does with what it receives: what is not consumed stays in front of what comes next.</summary>
    private static List<WireEvent> Feed(byte[] input, int[] pieces)
    {
        var reader = new MessageReader(Role.Server, SharedServers.LargeMessageBytes);
        var events = new List<WireEvent>();
        byte[] kept = [];
        int at = 0;
        foreach (int piece in pieces)
        {
            // A copy each time: payloads are unmasked in place.
            byte[] received = [.. kept, .. input.AsSpan(at, piece)];
            at += piece;
            int used = 0;
            int consumed = -1;
            while (used < received.Length && consumed != 0)
            {
                ReadResult result = reader.Read(received.AsSpan(used), out consumed, out ReadOnlySpan<byte> payload);
                used += consumed;
                Record(reader, result, payload, events);
            }

            kept = received[used..];
            if (kept.Length > LongestKept)
            {
                Assert.Fail($"{kept.Length} bytes are left to the connection to keep");
            }
        }

        reader.Abandon();
        return events;
    }

    private static void Record(MessageReader reader, ReadResult result, ReadOnlySpan<byte> payload, List<WireEvent> events)
    {
        // RFC 6455 §7.1.7: after the end the reader steps over what comes; the peer's own Close is all it may find.
        bool ended = events.Count > 0 && events[^1].IsLast;
        if (result == ReadResult.NeedMore || (ended && result == ReadResult.Close))
        {
            return;
        }

        WireEvent found = result switch
        {
            ReadResult.Message => new(reader.IsText ? WireEventKind.Text : WireEventKind.Binary, payload.ToArray()),
            ReadResult.Ping => WireEvent.Ping(payload.ToArray()),
            ReadResult.Pong => WireEvent.Pong(payload.ToArray()),
            ReadResult.Close => CloseEvent(payload),
            _ => ViolationEvent(reader.Violation!),
        };
        events.Add(found);
        if (found.IsLast)
        {
            reader.DiscardUntilClose();
        }
    }

    private static WireEvent CloseEvent(ReadOnlySpan<byte> payload)
    {
        ProtocolViolation? violation = ClosePayload.Read(payload, out CloseCode code, out _);
        return violation is null ? WireEvent.Close((int)code) : ViolationEvent(violation);
    }

    private static WireEvent ViolationEvent(ProtocolViolation violation)
    {
        Assert.That(violation.Reason, Has.Length.InRange(1, 123).And.Matches("^[ -~]+$"), "fits a Close frame");
        return WireEvent.Violation((int)violation.Code);
    }
}
