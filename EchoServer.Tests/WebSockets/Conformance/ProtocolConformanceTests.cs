using EchoServer.Tests.Support;
using EchoServer.Tests.Support.Wire;
using EchoServer.WebSockets;

namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>The conformance table against <see cref="WebSocketProtocol{TSink}"/> without a socket: events and answers.</summary>
[Parallelizable(ParallelScope.Children)]
[TestFixture(Role.Server)]
[TestFixture(Role.Client)]
internal sealed class ProtocolConformanceTests(Role role)
{
    // Splitting in two at every offset costs the square of the length, and the length times the frames: 65536 bytes in some
    // frames take seconds. A longer one, or one of thousands of frames, is split at some offsets near its ends and between.
    private const int EveryOffsetUpTo = 66_000;
    private const int EveryOffsetUpToFrames = 500;
    private const int SampledOffsets = 40;

    // A longer one takes seconds.
    private const int QuickUpTo = 20_000;

    // Up to here, which is 1 MiB and a header, byte by byte as well; beyond that in pieces of an odd size.
    private const int ByteByByteUpTo = (1024 * 1024) + Frame.MaxHeaderSize;
    private const int OddPiece = 1021;

    // RFC 6455 §5.2 and §5.5: the longest control frame has two bytes, the key and 125 bytes; a whole one is not kept.
    private const int LongestKept = 2 + 4 + 125 - 1;

    [TestCaseSource(nameof(Cases))]
    public void FindsAndAnswersTheSameHoweverItIsCut(ConformanceCase row)
    {
        // The table has what a client sends. A server sends the same, and masks what a client does not, and the other way round.
        WireFrame[] frames = [.. row.Frames.Select(frame => frame with { Masked = frame.Masked == (role == Role.Server) })];
        byte[] input = WireFrame.Join(frames);

        foreach (int[] pieces in CutsOf(row, input.Length, frames.Length))
        {
            Feed(row, input, pieces);
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

    private void Feed(ConformanceCase row, byte[] input, int[] pieces)
    {
        var sink = new RecordingSink(role);
        var protocol = new WebSocketProtocol<RecordingSink>(new MessageReader(role, SharedServers.LargeMessageBytes), sink);
        var found = new List<WireEvent>();
        byte[] leftOver = [];
        int at = 0;
        foreach (int piece in pieces)
        {
            leftOver = Receive(ref protocol, [.. leftOver, .. input.AsSpan(at, piece)], found);
            at += piece;
            if (leftOver.Length > LongestKept)
            {
                Assert.Fail($"{leftOver.Length} bytes are left to the connection to keep");
            }
        }

        protocol.Release();
        byte[] answers = RecordingSink.Expect(role, AnswersTo(row, protocol.Violation));

        // The assertions themselves are slow: a vector of 65536 bytes would spend most of its time there.
        if (!found.SequenceEqual(row.Events) || !sink.Sent.AsSpan().SequenceEqual(answers))
        {
            string cut = $"in pieces of {string.Join(", ", pieces.Take(10))}";
            Assert.That(found, Is.EqualTo(row.Events), cut);
            Assert.That(sink.Sent, Is.EqualTo(answers), cut);
        }
    }

    /// <summary>Takes bytes as one receive of a connection would.</summary>
    /// <returns>The rest, to be kept in front of the next.</returns>
    private static byte[] Receive(ref WebSocketProtocol<RecordingSink> protocol, Span<byte> input, List<WireEvent> events)
    {
        while (!input.IsEmpty)
        {
            ProtocolEvent found = protocol.Receive(input, out int consumed, out ReadOnlySpan<byte> payload);
            bool hasEnded = events.Count > 0 && events[^1].IsLast;
            if (hasEnded)
            {
                // RFC 6455 §7.1.7: behind the end only the peer's own Close is looked for, and not judged.
                Assert.That(found, Is.AnyOf(ProtocolEvent.None, ProtocolEvent.Closed));
            }
            else if (Translate(in protocol, found, payload) is WireEvent told)
            {
                events.Add(told);
            }

            input = input[consumed..];
            if (consumed == 0 && found != ProtocolEvent.Failed)
            {
                Assert.That(found, Is.EqualTo(ProtocolEvent.None));
                break;
            }
        }

        return input.ToArray();
    }

    private static WireEvent? Translate(in WebSocketProtocol<RecordingSink> protocol, ProtocolEvent found, ReadOnlySpan<byte> payload) => found switch
    {
        ProtocolEvent.Text => WireEvent.Text(payload.ToArray()),
        ProtocolEvent.Binary => WireEvent.Binary(payload.ToArray()),
        ProtocolEvent.Ping => WireEvent.Ping(payload.ToArray()),
        ProtocolEvent.Pong => WireEvent.Pong(payload.ToArray()),
        ProtocolEvent.Failed => ViolationEvent(protocol.Violation!),
        ProtocolEvent.Closed => WireEvent.Close((int)protocol.PeerCode!),
        _ => null,
    };

    private static IEnumerable<WireFrame> AnswersTo(ConformanceCase row, ProtocolViolation? violation)
    {
        foreach (WireEvent found in row.Events)
        {
            switch (found.Kind)
            {
                case WireEventKind.Ping:
                    yield return WireFrame.Pong(found.Payload);
                    break;
                case WireEventKind.Close:
                    yield return WireFrame.Close(found.Code == WireEvent.NoStatusReceived ? WireEvent.NormalClosure : found.Code);
                    break;
                case WireEventKind.Violation:
                    yield return WireFrame.Close(found.Code, violation?.Reason ?? "");
                    break;
            }
        }
    }

    private static WireEvent ViolationEvent(ProtocolViolation violation)
    {
        Assert.That(violation.Reason, Has.Length.InRange(1, 123).And.Matches("^[ -~]+$"), "fits a Close frame");
        return WireEvent.Violation((int)violation.Code);
    }
}
