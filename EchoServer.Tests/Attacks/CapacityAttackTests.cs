namespace EchoServer.Tests.Attacks;

/// <summary>More connections than the server can have.</summary>
[WholeMachine]
[NonParallelizable]
internal sealed class CapacityAttackTests
{
    private const int OpenFileLimit = 256;
    private const int Clients = 600;

    [Test]
    public async Task Connections_beyond_what_the_open_files_allow_are_refused_and_there_is_room_again_afterwards()
    {
        await using Siege siege = await Siege.BeginAsync(OpenFileLimit, null);
        Crowd crowd = await Crowd.ConnectAsync(siege, Clients);
        Outcome[] outcomes = await TryToStayAsync(siege, crowd);
        Assert.That(outcomes.Count(outcome => outcome.IsIn), Is.InRange(64, OpenFileLimit));
        Answer[] refusals = [.. outcomes.Where(outcome => !outcome.IsIn).Select(outcome => outcome.Answer)];

        // Some are told why, as many as may linger at a time; the others are closed without a word.
        Assert.That(refusals.Select(answer => answer.Status), Has.All.AnyOf(503, 0));
        Answer[] told = [.. refusals.Where(answer => answer.Status == 503)];
        Assert.That(told, Is.Not.Empty);
        Assert.That(told.Select(answer => answer.Text), Has.All.Contain("\r\nRetry-After: ").And.All.Contain("\r\nConnection: close\r\n"));

        // Cloud Foundry would end an instance that is merely full if this failed.
        Assert.That(HttpReply.Get(siege.Port, "/health").Status, Is.EqualTo(200));

        await AssertRoomAgainAsync(siege);
        await siege.EndAsync();
    }

    [Test]
    public async Task Accepting_goes_on_by_itself_after_the_open_files_ran_out()
    {
        // The server counts with the limit that it finds at its start, so that this cannot happen: unless an administrator lowers it.
        await using Siege siege = await Siege.BeginAsync(OpenFileLimit, null);
        int lowered = siege.Target.AllOpenFiles + 20;
        await siege.Target.LimitOpenFilesAsync(lowered);
        Crowd crowd = await Crowd.ConnectAsync(siege, 100);
        await Wait.UntilAsync(
            () => siege.Target.Log.Any(line => line.Contains("Cannot accept connections", StringComparison.Ordinal)),
            () => "accepting never failed");

        // Descriptors opened between the count and the limit stay open above it; and a few are left for the runtime's own needs,
        // which ends the process where it gets none. Time enough for it to want some.
        Assert.That(siege.Target.AllOpenFiles, Is.InRange(lowered - 16, lowered + 8));
        await Task.Delay(TimeSpan.FromSeconds(2));

        siege.DismissCrowds();
        await siege.Target.LimitOpenFilesAsync(OpenFileLimit);
        await AssertRoomAgainAsync(siege);
        Assert.That(siege.Target.Log, Has.Some.Contain("Accepting connections again"));
        await siege.EndAsync();
    }

    [Test]
    public async Task More_connections_than_files_may_be_open_for_are_not_promised()
    {
        await using Siege siege = await Siege.BeginAsync(OpenFileLimit, null, "--max-connections", "5000");
        string line = await siege.Target.WaitForLineAsync(text => text.Contains("5000 that were asked for", StringComparison.Ordinal));
        Assert.That(line, Does.Match("warn: .* At most [0-9]+ connections, and not the 5000 that were asked for: more files may not be open"));
        Crowd crowd = await Crowd.ConnectAsync(siege, Clients);
        Outcome[] outcomes = await TryToStayAsync(siege, crowd);
        Assert.That(outcomes.Count(outcome => outcome.IsIn), Is.InRange(64, OpenFileLimit - 64));

        await AssertRoomAgainAsync(siege);
        await siege.EndAsync();
    }

    private static async Task<Outcome[]> TryToStayAsync(Siege siege, Crowd crowd)
    {
        byte[] request = Encoding.ASCII.GetBytes(RawPeer.UpgradeRequest());
        return await crowd.AllAsync(async (attacker, _) =>
        {
            await attacker.SendAsync(request);
            byte[] buffer = new byte[2048];
            int received = await attacker.ReadAsync(buffer);
            var first = new Answer(buffer[..received]);
            if (first.Status == 101)
            {
                return new Outcome(true, first);
            }

            Answer rest = await attacker.ReadToEndAsync();
            return new Outcome(false, new Answer([.. buffer.AsSpan(0, received), .. Encoding.Latin1.GetBytes(rest.Text)]));
        }).WaitAsync(siege.Patience);
    }

    private static async Task AssertRoomAgainAsync(Siege siege)
    {
        siege.DismissCrowds();
        await siege.WaitUntilAllFilesAreClosedAsync();
        Crowd later = await Crowd.OpenAsync(siege, 50);
        byte[] message = WireFrame.Text("is there room?").ToBytes();
        int[] received = await later.AllAsync(async (attacker, _) =>
        {
            await attacker.SendAsync(message);
            return await attacker.ReadAsync(new byte[100]);
        });
        Assert.That(received, Has.All.EqualTo(2 + "is there room?".Length));
    }

    private sealed record Outcome(bool IsIn, Answer Answer);
}
