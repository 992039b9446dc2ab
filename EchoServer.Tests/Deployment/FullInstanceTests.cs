namespace EchoServer.Tests.Deployment;

/// <summary>A full instance beside one with room, behind a router that tries another instance where one ends without an answer.</summary>
[WholeMachine]
internal sealed class FullInstanceTests
{
    private const int Clients = 6;

    [TestCase("off", TestName = "{m}(without an answer each client is served)")]
    [TestCase("on", TestName = "{m}(a 503 is relayed)")]
    public async Task Clients_of_a_full_instance(string answers)
    {
        await using ServerProcess full = await ServerProcess.StartAsync(["--max-connections", "1", "--answer-when-full", answers]);
        await using ServerProcess roomy = await ServerProcess.StartAsync([]);
        using RawPeer only = RawPeer.Open(full.Port);
        await using Haproxy router = await Haproxy.StartAsync(new HaproxyOptions { Instances = [full.Port, roomy.Port], TriesAgainWithoutAnswer = true });

        // The router sends the next client to where it has fewer connections: to both, in turn.
        List<RawPeer> clients = [];
        List<string> statuses = [];
        for (int i = 0; i < Clients; i++)
        {
            RawPeer client = RawPeer.Ask(router.Port, RawPeer.UpgradeRequest());
            clients.Add(client);
            statuses.Add(client.ReadHead().Split(' ')[1]);
        }

        string[] expected = answers == "off" ? ["101"] : ["101", "503"];
        Assert.That(statuses.Distinct().Order(), Is.EqualTo(expected));
        Assert.That((await router.InstancesAsync())[0].Total, Is.Positive, "the full one was tried");
        clients.ForEach(client => client.Dispose());
    }
}
