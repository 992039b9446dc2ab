namespace EchoServer.Tests.Attacks;

/// <summary>Clients that never come to an end: of their request, of their frame.</summary>
[WholeMachine]
[NonParallelizable]
internal sealed class TrickleAttackTests
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(200);

    [Test]
    public async Task Requests_that_trickle_in_from_1500_clients_are_each_answered_408()
    {
        await using Siege siege = await Siege.BeginAsync("--max-connections", "1600");
        Crowd crowd = await Crowd.ConnectAsync(siege, 1500);
        byte[] request = Encoding.ASCII.GetBytes("GET /" + new string('a', 200));
        Answer[] answers = await crowd.TrickleAsync(request, Pace);
        Assert.That(answers.Select(answer => answer.Status), Has.All.EqualTo(408));
        await siege.EndAsync();
    }

    [Test]
    public async Task Frames_that_trickle_in_from_1500_clients_are_each_closed_with_1008()
    {
        await using Siege siege = await Siege.BeginAsync("--max-connections", "1600");
        Crowd crowd = await Crowd.OpenAsync(siege, 1500);
        byte[] frame = WireFrame.Text(new string('a', 60_000)).ToBytes()[..200];
        Answer[] answers = await crowd.TrickleAsync(frame, Pace);
        Assert.That(answers.Select(answer => answer.CloseCode), Has.All.EqualTo(1008));
        await siege.EndAsync();
    }

    [TestCase("GET /", "aaaaaaaaaaaaaaaa", TestName = "{m}(in its first line)")]
    [TestCase("GET / HTTP/1.1\r\nX-A: ", "aaaaaaaaaaaaaaaa", TestName = "{m}(in one header)")]
    [TestCase("GET / HTTP/1.1\r\n", "X-A: aaaaaaaaaa\r\n", TestName = "{m}(in its headers)")]
    public async Task An_endless_request_head_is_refused_once_it_is_too_long(string start, string more)
    {
        byte[] flood = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(more, 100)));
        Answer[] answers = await Siege.AttackAsync(
            upgrade: null, 100, (attacker, _) => attacker.SendAndFloodAsync(Encoding.ASCII.GetBytes(start), flood));
        Assert.That(answers.Select(answer => answer.Status), Has.All.EqualTo(431));
    }
}
