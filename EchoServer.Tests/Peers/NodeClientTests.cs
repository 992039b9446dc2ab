namespace EchoServer.Tests.Peers;

/// <summary>Node's <c>ws</c> package as the client, running in a process of its own.</summary>
[WholeMachine]
internal sealed class NodeClientTests
{
    [SetUp]
    public void RequirePeers() => Requires.NodePeers();

    [Test]
    public async Task The_tutorials_client_prints_the_tutorials_transcript() =>
        Assert.That(await RunAsync("tutorial-client.js", "/"), Is.EqualTo(ProgramResult.Transcript));

    [Test]
    public async Task Messages_of_every_kind_come_back()
    {
        ProgramResult result = await RunAsync("many-kinds-client.js", "/raw");
        Assert.That(result.Error, Is.Empty);
        Assert.That(result.Output.Split('\n'), Is.EqualTo(
            [
                "subprotocol first",
                "empty text",
                "text of every plane",
                "text of 65536 bytes",
                "empty binary",
                "binary of 125 bytes",
                "binary of 126 bytes",
                "binary of 1 MiB",
                "fragments",
                "pong are you there",
                "closed 4000",
                "",
            ]));
    }

    private static Task<ProgramResult> RunAsync(string script, string path) => Programs.RunAsync(
        Programs.Start("node", [script, SharedServers.Default.Url(path).AbsoluteUri], Requires.PeersFolder));
}
