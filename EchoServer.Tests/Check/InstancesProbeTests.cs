using EchoServer.Check;

namespace EchoServer.Tests.Check;

/// <summary>A router that heeds X-Cf-App-Instance: it takes each connection to the instance that the header names.</summary>
[Slow]
internal sealed class InstancesProbeTests
{
    [Test]
    public async Task Every_instance_is_reached_until_the_router_knows_no_more()
    {
        await using ServerProcess zero = await StartAsync(0);
        await using ServerProcess one = await StartAsync(1);
        int[] ports = [zero.Port, one.Port];
        using var router = new ScriptedServer((peer, _) => Route(peer, ports));
        Checks checks = await Checks.RunAsync(router.Url.AbsoluteUri + "raw", options => options with { ReachesInstances = true });
        checks.Expect("instances", Outcome.Pass, "2 instances reached by X-Cf-App-Instance: 0, 1");
    }

    private static void Route(RawPeer peer, int[] ports)
    {
        string request = peer.ReadHead();
        string? wanted = request.Split("\r\n").FirstOrDefault(line => line.StartsWith("X-Cf-App-Instance: ", StringComparison.Ordinal));
        int index = wanted is null ? 0 : int.Parse(wanted.Split(':')[^1]);
        if (index >= ports.Length)
        {
            peer.Send("HTTP/1.1 400 Bad Request\r\nX-Cf-RouterError: unknown_route\r\nContent-Length: 18\r\nConnection: close\r\n\r\nRequested instance");
            return;
        }

        using var server = new RawPeer(ports[index]);
        server.Send(request.Replace("\r\n\r\n", "\r\nX-Cf-Applicationid: 11111111-2222-3333-4444-555555555555\r\n\r\n"));
        var back = new Thread(() => Copy(server, peer)) { IsBackground = true };
        back.Start();
        Copy(peer, server);
        back.Join();
    }

    private static void Copy(RawPeer from, RawPeer to)
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            while (from.Socket.Receive(buffer) is var received && received > 0)
            {
                to.Send(buffer.AsSpan(0, received));
            }

            to.EndSending();
        }
        catch (Exception gone) when (gone is System.Net.Sockets.SocketException or ObjectDisposedException)
        {
            // One of the two is gone, by its own end or by that of the test.
        }
    }

    private static Task<ServerProcess> StartAsync(int index) => ServerProcess.StartAsync(
        ["--log-messages", "false"],
        new Dictionary<string, string> { ["CF_INSTANCE_INDEX"] = $"{index}" });
}
