namespace EchoServer.Tests.Attacks;

/// <summary>Signals that come while there is much to do.</summary>
[WholeMachine]
[NonParallelizable]
internal sealed class SignalAttackTests
{
    private const int Clients = 50;

    [Test]
    public async Task SIGTERM_under_load_leaves_every_echo_right_and_tells_everyone_1001()
    {
        await using Siege siege = await Siege.BeginAsync();
        Crowd crowd = await Crowd.OpenAsync(siege, Clients);
        var conversations = new Conversation[Clients];
        Task talking = crowd.AllAsync((attacker, i) => (conversations[i] = new Conversation(attacker, i)).HoldAsync());
        await UntilAllHearAsync(conversations, echoes: 10);
        Task<ServerEnd> ending = siege.Target.StopAsync();
        await talking;
        Assert.Multiple(() =>
        {
            Assert.That(conversations.Select(conversation => conversation.Failure), Has.All.Null);
            Assert.That(conversations.Select(conversation => conversation.CloseCode), Has.All.EqualTo(1001));
        });
        await siege.EndAfterSigtermAsync(ending);
        Assert.That(siege.Target.Log, Has.Some.EndsWith($"Stopped: {Clients + 1} connections ended in time, 0 were aborted"));
    }

    [Test]
    public async Task Connections_survive_a_server_that_stands_still_for_five_seconds_under_load()
    {
        // The server must not time out its clients because it stood still itself. Its keep-alive is as short as in the other attacks.
        await using Siege siege = await Siege.BeginAsync("--message-timeout", "30", "--send-timeout", "30", "--handshake-timeout", "10");
        Crowd crowd = await Crowd.OpenAsync(siege, Clients);
        using var enough = new CancellationTokenSource();
        var conversations = new Conversation[Clients];
        Task talking = crowd.AllAsync((attacker, i) => (conversations[i] = new Conversation(attacker, i)).HoldAsync(enough.Token));
        await UntilAllHearAsync(conversations, echoes: 10);
        Programs.Signal(siege.Target.Id, "STOP");
        await Task.Delay(5000);
        Programs.Signal(siege.Target.Id, "CONT");
        await UntilAllHearAsync(conversations, echoes: 10 + conversations.Max(conversation => conversation.Echoes));
        await enough.CancelAsync();
        await talking;
        Assert.Multiple(() =>
        {
            Assert.That(conversations.Select(conversation => conversation.Failure), Has.All.Null);
            Assert.That(conversations.Select(conversation => conversation.CloseCode), Has.All.EqualTo(1000));
        });
        await siege.EndAsync();
    }

    private static Task UntilAllHearAsync(Conversation?[] conversations, int echoes) => Wait.UntilAsync(
        () => conversations.All(conversation => conversation?.Echoes >= echoes || conversation?.Failure is not null),
        () => $"not everyone was served: {string.Join(", ", conversations.Select(conversation => conversation?.Echoes))} echoes");
}
