namespace EchoServer.Tests.Attacks;

/// <summary>Messages that never end, or say that they will be larger than any memory.</summary>
[WholeMachine]
[NonParallelizable]
internal sealed class MessageAttackTests
{
    private const int OneMebibyte = 1024 * 1024;

    [Test]
    public async Task A_thousand_unfinished_large_messages_hold_no_more_than_the_budget_and_cost_nobody_else_anything()
    {
        await using Siege siege = await Siege.BeginAsync("--keep-alive-timeout", "20");
        Crowd idle = await Crowd.OpenAsync(siege, 20);
        Crowd crowd = await Crowd.OpenAsync(siege, 1000);
        // All but the last 64 KiB of a message of the largest size that is allowed: a gigabyte that would have to be kept.
        byte[] unfinished = WireFrame.Binary(new byte[OneMebibyte]).ToBytes()[..^(64 * 1024)];
        Answer[] answers = await crowd.AllAsync((attacker, _) => attacker.SendAndReadToEndAsync(unfinished));

        // Try again later for those that were too much; too late for those whose bytes were kept.
        Assert.That(answers.Select(answer => answer.CloseCode), Has.All.AnyOf(1013, 1008));
        Assert.That(answers.Select(answer => answer.CloseCode), Has.Some.EqualTo(1013));

        // The silent clients were pinged while no memory was left, and are still connected.
        Answer[] others = await idle.AllAsync(async (client, _) =>
        {
            await client.SendAsync(WireFrame.Join(WireFrame.Text("still here"), WireFrame.Close(1000)));
            return await client.ReadToEndAsync();
        });
        Assert.That(others.Select(answer => answer.Echoes), Has.All.EqualTo((string[])["still here"]));
        Assert.That(others.Select(answer => answer.Frames[0].Opcode), Has.All.EqualTo(WireFrame.PingOpcode));
        await siege.EndAsync();
    }

    [Test]
    public async Task Memory_that_unfinished_messages_held_is_given_back_each_time([Values(900 * 1000, 30 * 1000)] int size)
    {
        const int rounds = 5;
        const long tolerance = 2 * 1024 * 1024;
        byte[] unfinished = WireFrame.More(new byte[size]).ToBytes();

        // The first as manifest.yml sets it: the profile of the running code takes 5 MB, some time after the start. The second gives the
        // youngest generation the server's 4 MiB on every processor. By itself the runtime begins with the size of the cache, and where
        // that is small, each collection meets a thousand open connections and moves them to generations that it visits later.
        var environment = new Dictionary<string, string> { ["DOTNET_TieredPGO"] = "0", ["DOTNET_GCgen0size"] = "400000" };
        await using Siege siege = await Siege.BeginAsync(null, environment);

        // What connections and short messages cost, in code that is compiled and in garbage, is there before the budget is raised.
        byte[] little = WireFrame.More(new byte[1000]).ToBytes();
        for (int round = 0; round < rounds; round++)
        {
            await RaiseAsync(little);
        }

        long[] left = new long[rounds];
        for (int round = 0; round < rounds; round++)
        {
            await RaiseAsync(unfinished);
            left[round] = siege.Target.Memory.Anonymous;
        }

        await TestContext.Out.WriteLineAsync($"anonymous memory after each round, in KiB: {string.Join(", ", left.Select(bytes => bytes / 1024))}");
        Assert.That(left, Has.All.LessThan(left[0] + tolerance));
        await siege.EndAsync();
        Assert.That(siege.Target.Log.Last(line => line.Contains("Memory budget: ", StringComparison.Ordinal)), Does.Match("peak [0-9]{7,8}, "));

        async Task RaiseAsync(byte[] fragment)
        {
            Crowd crowd = await Crowd.OpenAsync(siege, 1000);
            byte[] message = [.. WireFrame.Binary([1], fin: false).ToBytes(), .. fragment, .. WireFrame.Ping([]).ToBytes()];

            // The answer is a pong, after the pending output, or a Close when memory was short.
            await crowd.AllAsync(async (attacker, _) =>
            {
                Task<int> answer = attacker.ReadAsync(new byte[128]);
                await attacker.SendAsync(message);
                Assert.That(await answer, Is.Positive);
            });
            siege.DismissCrowds();
            await siege.WaitUntilAllFilesAreClosedAsync();
        }
    }

    private static IEnumerable<TestCaseData> Fragments()
    {
        // Each is cut off by the first limit that it meets: the message's size, or the number of its fragments.
        yield return new TestCaseData(WireFrame.More(new byte[64 * 1024]).ToBytes(), 1009).SetName("{m}(large)");
        yield return new TestCaseData(TinyFragments(1), 1008).SetName("{m}(tiny)");
        yield return new TestCaseData(TinyFragments(0), 1008).SetName("{m}(empty)");

        static byte[] TinyFragments(int size) => WireFrame.Join(Enumerable.Repeat(WireFrame.More(new byte[size]), 1000));
    }

    [TestCaseSource(nameof(Fragments))]
    public async Task Endless_fragments_meet_a_limit(byte[] fragments, int closeCode)
    {
        // So few that the memory budget is not the limit that they meet.
        byte[] beginning = WireFrame.Text("begin", fin: false).ToBytes();
        Answer[] answers = await Siege.AttackAsync(
            upgrade: [], 5, (attacker, _) => attacker.SendAndFloodAsync(beginning, fragments), "--max-fragments", "50000");
        Assert.That(answers.Select(answer => answer.CloseCode), Has.All.EqualTo(closeCode));
    }

    [Test]
    public async Task A_declared_length_that_no_memory_has_is_refused_at_once_however_large()
    {
        // RFC 6455 §5.2: of 64 bits, "the most significant bit MUST be 0": a number with that bit set is not too large, it is not a length.
        (ulong Length, int CloseCode)[] declarations =
        [
            (int.MaxValue, 1009), (1UL << 31, 1009), (1UL << 40, 1009), (1UL << 62, 1009), (1UL << 63, 1002), (ulong.MaxValue, 1002),
        ];
        int[] expected = [.. Enumerable.Range(0, 50 * declarations.Length).Select(i => Declaration(i).CloseCode)];
        Answer[] answers = await Siege.AttackAsync(upgrade: [], expected.Length, (attacker, i) => attacker.SendAndFloodAsync(
            [], (WireFrame.Binary(new byte[1000]) with { DeclaredLength = Declaration(i).Length }).ToBytes()));
        Assert.That(answers.Select(answer => answer.CloseCode), Is.EqualTo(expected));

        (ulong Length, int CloseCode) Declaration(int i) => declarations[i % declarations.Length];
    }
}
