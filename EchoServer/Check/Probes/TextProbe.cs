using EchoServer.Text;
using EchoServer.WebSockets;

namespace EchoServer.Check.Probes;

/// <summary>A text message comes back as it was.</summary>
internal sealed class TextProbe : TalkProbe
{
    public override string Name => "text";

    public override async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        TimeSpan time = await run.Talk.EchoAsync(Opcode.Text, "The quick brown fox"u8.ToArray(), stop).ConfigureAwait(false);
        return Finding.Pass($"echoed in {Times.Show(time)}", new Fact("echo_ms", time.TotalMilliseconds));
    }
}
