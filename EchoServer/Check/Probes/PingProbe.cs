using System.Diagnostics;
using System.Text;
using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.Text;
using EchoServer.WebSockets;

namespace EchoServer.Check.Probes;

/// <summary>A ping is answered with its own payload (RFC 6455 §5.5.2).</summary>
internal sealed class PingProbe : IProbe
{
    public string Name => "ping";

    public async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        EchoLink link = await run.Peer.LinkAsync(stop).ConfigureAwait(false);
        byte[] payload = Encoding.ASCII.GetBytes(Guid.NewGuid().ToString("N"));
        long start = Stopwatch.GetTimestamp();
        await link.SendAsync(Opcode.Ping, payload, stop).ConfigureAwait(false);
        var deadline = Deadline.In(run.Options.Connection.Timeout);
        while (await link.ReceiveAsync(deadline, stop).ConfigureAwait(false) is ClientEvent received)
        {
            if (received.IsEnd)
            {
                throw new ConnectionFailedException(Stage.Echo, $"{received.Describe()} instead of a pong", received.Diagnose(run.Url));
            }

            if (received.Kind == ClientEventKind.Pong && received.Payload.AsSpan().SequenceEqual(payload))
            {
                TimeSpan time = Stopwatch.GetElapsedTime(start);
                return Finding.Pass($"pong in {Times.Show(time)}", new Fact("pong_ms", time.TotalMilliseconds));
            }
        }

        run.Peer.HangUp();
        return Finding.Fail("no pong", new(
            "pings are not answered: something on the way swallows them (SAP's approuter does not forward them), or the server does not follow RFC 6455 §5.5.2",
            "keep the connection alive with messages instead of pings, or go around what swallows them"));
    }
}
