namespace EchoServer.Tests.Client;

/// <summary>Who reads the client's output has enough, as <c>| head</c> does: the client then leaves.</summary>
[Slow]
internal sealed class ClosedOutputTests : FolderTest
{
    [TestCase("ping", "-i", "0.05", "-W", "1")]
    [TestCase("ping", "-i", "0.05", "-W", "1", "--frames")]
    [TestCase("client")]
    [TestCase("client", "--json")]
    [TestCase("client", "x", "--count", "1000000", "--timeout", "60")]
    public async Task It_closes_with_1000_and_leaves(string command, params string[] options)
    {
        var closed = new TaskCompletionSource<int>();
        using ScriptedServer server = ScriptedServer.Upgrading((peer, _) =>
        {
            Task reading = Task.Run(() =>
            {
                WireFrame? frame;
                while ((frame = peer.ReadFrame()) is { Opcode: not WireFrame.CloseOpcode })
                {
                }

                closed.TrySetResult(frame?.CloseCode ?? 0);
                peer.Send(WireFrame.Close(1000) with { Masked = false });
            });
            while (!reading.IsCompleted)
            {
                peer.Send(WireFrame.Text("tick") with { Masked = false });
                Thread.Sleep(20);
            }
        });
        using Process process = Process.Start(Programs.EchoServer([command, server.Url.AbsoluteUri, .. options]))!;
        using var patience = new CancellationTokenSource(ServerProcess.Patience);
        try
        {
            Assert.That(await process.StandardOutput.ReadLineAsync(patience.Token), Is.Not.Null);
            process.StandardOutput.Close();
            await process.WaitForExitAsync(patience.Token);
            Assert.That(await closed.Task.WaitAsync(patience.Token), Is.EqualTo(1000));
        }
        finally
        {
            process.Kill();
        }
    }

    [Test]
    public async Task A_file_is_written_to_as_ever()
    {
        string file = Path.Combine(Folder, "both");
        string[] arguments = ["client", SharedServers.Default.Url("/raw").AbsoluteUri, "--show-pings", "--ping-interval", "0.2", "--wait", "0.5"];
        string command = $"echo before > '{file}'; {Programs.EchoServerShellCommand} {string.Join(' ', arguments)} >> '{file}' 2>&1; echo after >> '{file}'";
        await Programs.RunAsync(Programs.Start("sh", ["-c", command]), input: "x\ny\n");
        string[] lines = await File.ReadAllLinesAsync(file);
        Assert.That((lines[0], lines[^1]), Is.EqualTo(("before", "after")));
        Assert.That(lines, Does.Contain("x").And.Contain("y").And.Contain("EchoServer: ping sent '1'"));
    }
}
