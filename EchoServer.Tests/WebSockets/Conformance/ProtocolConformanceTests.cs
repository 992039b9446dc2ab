using EchoServer.WebSockets;

namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>The conformance table against <see cref="WebSocketProtocol{TSink}"/> without a socket: events and answers.</summary>
[Parallelizable(ParallelScope.Children)]
[TestFixture(Role.Server)]
[TestFixture(Role.Client)]
internal sealed class ProtocolConformanceTests(Role role)
{
    // A vector up to this length is cut in two at every offset. A longer one is cut at every offset of its first and last bytes, at
    // every offset around its first and last frame starts, and at sampled offsets. Rules are applied at those places; a payload
    // between them repeats itself.
    private const int EveryOffsetUpTo = 2_000;
    private const int EdgeBytes = 40;
    private const int EdgeFrames = 10;
    private const int AroundStart = 20;

    // The stride is odd and not a multiple of 23. The samples therefore meet every place of the masking key (4 bytes), of a vector
    // register (64) and of the sample text (23).
    private const int Samples = 64;
    private const int TextPeriod = 23;

    // A cut costs a copy and a check of the whole vector, and a frame as much as so many bytes. Of the offsets as many are taken,
    // evenly, as this sum allows.
    private const int BytesInAll = 16 * 1024 * 1024;
    private const int BytesForFrame = 64;
    private const int MinOffsets = 8;

    // Up to here, which is 1 MiB and a header, byte by byte as well; beyond that in pieces of an odd size.
    private const int ByteByByteUpTo = (1024 * 1024) + Frame.MaxHeaderSize;
    private const int OddPiece = 1021;

    // A longer one takes seconds.
    private const int QuickUpTo = 20_000;

    // RFC 6455 §5.2 and §5.5: the longest control frame has two bytes, the key and 125 bytes; a whole one is not kept.
    private const int MaxKept = 2 + 4 + 125 - 1;

    [TestCaseSource(nameof(Cases))]
    public void FindsAndAnswersTheSameHoweverItIsCut(ConformanceCase row)
    {
        // The table has what a client sends. A server sends the same, and masks what a client does not, and the other way round.
        WireFrame[] frames = [.. row.Frames.Select(frame => frame with { Masked = frame.Masked == (role == Role.Server) })];
        byte[] input = WireFrame.Join(frames);

        foreach (int[] pieces in CutsOf(row, frames, input.Length))
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

    private static IEnumerable<int[]> CutsOf(ConformanceCase row, WireFrame[] frames, int length)
    {
        yield return [length];
        if (row.ChopSize is int size)
        {
            // The same bytes as a case before it: only the pieces are new.
            yield return EvenPieces(length, size);
            yield break;
        }

        foreach (int at in length <= EveryOffsetUpTo ? Enumerable.Range(1, length - 1) : SampledOffsets(frames, length))
        {
            yield return [at, length - at];
        }

        yield return EvenPieces(length, length > ByteByByteUpTo ? OddPiece : 1);
    }

    private static IEnumerable<int> SampledOffsets(WireFrame[] frames, int length)
    {
        int stride = (length / Samples) | 1;
        stride += stride % TextPeriod == 0 ? 2 : 0;
        int start = 0;
        List<int> starts = [];
        foreach (WireFrame frame in frames)
        {
            starts.Add(start);
            start += Frame.SizeOfHeader(frame.Payload.Length, frame.Masked) + frame.Payload.Length;
        }

        IEnumerable<int> offsets =
        [
            .. Enumerable.Range(1, EdgeBytes).SelectMany(at => (int[])[at, length - at]),
            .. Enumerable.Range(1, Samples).Select(number => number * stride),
            .. starts.Take(EdgeFrames).Concat(starts.TakeLast(EdgeFrames)).SelectMany(at => Enumerable.Range(at - AroundStart, 2 * AroundStart)),
        ];
        int[] sorted = [.. offsets.Where(at => at > 0 && at < length).Distinct().Order()];
        int count = Math.Min(sorted.Length, Math.Max(MinOffsets, BytesInAll / (length + (BytesForFrame * frames.Length))));
        return Enumerable.Range(0, count).Select(number => sorted[number * (sorted.Length - 1) / (count - 1)]);
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
            if (leftOver.Length > MaxKept)
            {
                Assert.Fail($"{leftOver.Length} bytes are left to the connection to keep");
            }
        }

        protocol.Release();
        string reason = protocol.Violation?.Reason ?? "";

        // Messages are for the application to answer.
        byte[] answers = RecordingSink.Expect(
            role,
            row.Events.Select(told => told.Answer(reason)).OfType<WireFrame>().Where(answer => answer.Opcode >= WireFrame.CloseOpcode));

        // The assertions themselves are slow: a vector of 65536 bytes would spend most of its time there.
        if (!found.SequenceEqual(row.Events) || !sink.Sent.AsSpan().SequenceEqual(answers))
        {
            string cut = $"in pieces of {string.Join(", ", pieces.Take(10))}";
            Assert.That(found, Is.EqualTo(row.Events), cut);
            Assert.That(sink.Sent, Is.EqualTo(answers), cut);
        }
    }

    /// <summary>Takes bytes as one receive of a connection would.</summary>
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
        ProtocolEvent.Text => WireFrame.Text(payload.ToArray()),
        ProtocolEvent.Binary => WireFrame.Binary(payload.ToArray()),
        ProtocolEvent.Ping => WireFrame.Ping(payload.ToArray()),
        ProtocolEvent.Pong => WireFrame.Pong(payload.ToArray()),
        ProtocolEvent.Failed => ViolationEvent(protocol.Violation!),
        ProtocolEvent.Closed => WireFrame.Close((int)protocol.PeerCode!),
        _ => null,
    };

    private static WireEvent ViolationEvent(ProtocolViolation violation)
    {
        Assert.That(violation.Reason, Has.Length.InRange(1, 123).And.Matches("^[ -~]+$"), "fits a Close frame");
        return WireEvent.Violation((int)violation.Code);
    }
}
