using EchoServer.Tests.Support;
using EchoServer.Tests.Support.Wire;
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

    // What is longer takes seconds.
    private const int QuickUpTo = 20_000;

    // Up to here, which is 1 MiB and a header, byte by byte as well; beyond that in pieces of an odd size.
    private const int ByteByByteUpTo = (1024 * 1024) + Frame.MaxHeaderSize;
    private const int OddPiece = 1021;

    // RFC 6455 §5.2 and §5.5: the longest control frame has two bytes, the key and 125 bytes; a whole one is not kept.
    private const int LongestKept = 2 + 4 + 125 - 1;

    [TestCaseSource(nameof(Cases))]
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

    private static IEnumerable<TestCaseData> Cases()
    {
        foreach (TestCaseData data in ConformanceTable.All())
        {
            var row = (ConformanceCase)data.Arguments[0]!;
            bool takesSeconds = row.ChopSize is null && row.Frames.Sum(frame => (long)frame.Payload.Length) > QuickUpTo;
            yield return takesSeconds ? data.SetCategory(SlowAttribute.Category) : data;
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

    private static List<WireEvent> Feed(byte[] input, int[] pieces)
    {
        var feed = new ReaderFeed(Role.Server, SharedServers.LargeMessageBytes);
        int at = 0;
        foreach (int piece in pieces)
        {
            feed.Receive(input.AsSpan(at, piece));
            at += piece;
            if (feed.LeftOverBytes > LongestKept)
            {
                Assert.Fail($"{feed.LeftOverBytes} bytes are left to the connection to keep");
            }
        }

        feed.Reader.Abandon();
        var events = new List<WireEvent>();
        foreach (ReadEvent found in feed.Events)
        {
            // RFC 6455 §7.1.7: after the end the reader steps over what comes; the peer's own Close is all it may find.
            bool ended = events.Count > 0 && events[^1].IsLast;
            if (!ended || found.Kind != nameof(ReadResult.Close))
            {
                events.Add(Translate(found));
            }
        }

        return events;
    }

    private static WireEvent Translate(ReadEvent found) => found.Kind switch
    {
        ReadEvent.Text => WireEvent.Text(found.Payload),
        ReadEvent.Binary => WireEvent.Binary(found.Payload),
        nameof(ReadResult.Ping) => WireEvent.Ping(found.Payload),
        nameof(ReadResult.Pong) => WireEvent.Pong(found.Payload),
        nameof(ReadResult.Close) => CloseEvent(found.Payload),
        _ => ViolationEvent(found.Violation!),
    };

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
