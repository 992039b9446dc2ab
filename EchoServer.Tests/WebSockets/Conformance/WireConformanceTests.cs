namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>The conformance table against the server process, over raw sockets: each event has its answer.</summary>
internal sealed class WireConformanceTests
{
    // Vectors up to this length go byte by byte; a longer one in so many pieces, for the sake of time.
    private const int Pieces = 400;

    private RawPeer? _bystander;

    [OneTimeSetUp]
    public void OpenBystander() => _bystander = RawPeer.Open(SharedServers.Large.Port);

    [OneTimeTearDown]
    public void CloseBystander() => _bystander?.Dispose();

    /// <summary>Whatever one client sends, a connection that was opened before all of them goes on working.</summary>
    [TearDown]
    public void BystanderStillEchoes()
    {
        _bystander!.Send(WireFrame.Text("still here"));
        Assert.That(_bystander.ReadText(), Is.EqualTo("still here"));
    }

    [TestCaseSource(typeof(ConformanceTable), nameof(ConformanceTable.All))]
    public void AnswersWhatIsSentWhole(ConformanceCase row) => Run(row, (peer, input) => peer.Send(input));

    [TestCaseSource(typeof(ConformanceTable), nameof(ConformanceTable.All))]
    public void AnswersWhatIsSentInPieces(ConformanceCase row) =>
        Run(row, (peer, input) => peer.SendChopped(input, row.ChopSize ?? (input.Length / Pieces) + 1));

    private static void Run(ConformanceCase row, Action<RawPeer, byte[]> send)
    {
        using RawPeer peer = RawPeer.Open(SharedServers.Large.Port);
        send(peer, WireFrame.Join(row.Frames));
        foreach (WireEvent found in row.Events)
        {
            AssertAnswer(peer, found);
        }

        WireEvent last = row.Events[^1];
        if (!last.IsLast)
        {
            peer.Send(WireFrame.Close(1000));
            AssertAnswer(peer, WireFrame.Close(1000));
        }

        if (last.Kind == WireEventKind.Violation)
        {
            // RFC 6455 §5.5.1: a Close is answered by a Close, also by a client that broke the rules.
            peer.Send(WireFrame.Close(last.Code));
            EndSendingInsideFrame(peer, row);
        }

        // At once: the server waits longer than this peer for a Close that does not come.
        Assert.That(peer.ReadToEnd(), Is.Empty, "after the Close");
    }

    private static void AssertAnswer(RawPeer peer, WireEvent found)
    {
        if (found.Answer() is not WireFrame expected)
        {
            return;
        }

        WireFrame answer = peer.ReadOneFrame();
        Assert.That(
            (answer.Opcode, answer.Fin, answer.Rsv, answer.Masked), Is.EqualTo((expected.Opcode, true, 0, false)), $"{found}");
        if (found.Kind == WireEventKind.Violation)
        {
            Assert.That(answer.CloseCode, Is.EqualTo(found.Code), answer.CloseReason);
            Assert.That(answer.CloseReason, Is.Not.Empty);
            return;
        }

        Assert.That(answer.Payload, Has.Length.EqualTo(expected.Payload.Length), $"{found}");
        int same = expected.Payload.AsSpan().CommonPrefixLength(answer.Payload);
        Assert.That(same, Is.EqualTo(answer.Payload.Length), "how far it is the same");
    }

    /// <summary>Where the rest of a frame is due, the server takes our Close for it: only the end of the stream tells.</summary>
    private static void EndSendingInsideFrame(RawPeer peer, ConformanceCase row)
    {
        WireFrame last = row.Frames.Last();
        if (last.DeclaredLength > (ulong)last.Payload.Length)
        {
            peer.EndSending();
        }
    }
}
