namespace EchoServer.Tests.Client;

/// <summary>A link-local address (RFC 4007): it is reached only by the interface that the zone names.</summary>
[WholeMachine]
internal sealed class LinkLocalTests
{
    [Test]
    public async Task The_zone_of_a_URL_and_of_a_proxy_is_used()
    {
        await using NetworkNamespace network = await NetworkNamespace.CreateAsync();
        ProgramResult address = await Programs.RunAsync(network.Enter(Programs.Start("ip", ["-6", "address", "add", "fe80::1/64", "dev", "lo", "nodad"])));
        Assert.That(address.ExitCode, Is.Zero, address.Error);
        await using ServerProcess server = await ServerProcess.StartAsync(network.Enter(Programs.EchoServer(["--host", "[::]"])));
        foreach (string zone in (string[])["%lo", "%25lo", "%1"])
        {
            Assert.That(await RunAsync($"ws://[fe80::1{zone}]:{server.Port}/raw"), Is.EqualTo(new ProgramResult(0, "x\n", "")), zone);

            // The server was reached, and refuses to be a proxy.
            ProgramResult proxied = await RunAsync("ws://server.example/", "--proxy", $"http://[fe80::1{zone}]:{server.Port}");
            Assert.That(proxied.Error, Does.Contain($"the proxy [fe80::1{zone.Replace("%25", "%")}]:{server.Port} ").And.Contain("(it answered 4").Or.Contain("405"), zone);
        }

        ProgramResult without = await RunAsync($"ws://[fe80::1]:{server.Port}/raw");
        without.AssertFailed(1, Does.Contain("the link-local address [fe80::1] belongs to an interface, and the URL names none; "));

        int free = FreePort.Find();
        Assert.That((await RunAsync($"ws://[fe80::1%25lo]:{free}/")).Error, Does.StartWith($"EchoServer: ws://[fe80::1%lo]:{free}/: connection refused: nothing listens on port {free} of [fe80::1%lo]; "));
        Assert.That((await RunAsync($"ws://[fe80::2%lo]:{free}/")).Error, Does.Contain("the link-local address [fe80::2%lo] over that interface; check that the interface 'lo' is up"));

        Task<ProgramResult> RunAsync(string url, params string[] options) =>
            Programs.RunAsync(network.Enter(Programs.EchoServer(["client", url, "x", "-q", .. options])));
    }
}
