using EchoServer.Text;

namespace EchoServer.Check.Probes;

/// <summary>A ping is answered with its own payload (RFC 6455 §5.5.2).</summary>
internal static class PingProbe
{
    internal static async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        EchoLink link = await run.Peer.LinkAsync(stop).ConfigureAwait(false);
        TimeSpan time = await link.PingAsync(stop).ConfigureAwait(false);
        run.AnswersPings = true;
        return Finding.Pass($"pong in {Times.Show(time)}", new Fact("roundTripMilliseconds", time.TotalMilliseconds));
    }
}
