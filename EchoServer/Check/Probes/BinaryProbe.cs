using EchoServer.Text;
using EchoServer.WebSockets;

namespace EchoServer.Check.Probes;

/// <summary>A binary message with every byte value comes back as it was.</summary>
internal sealed class BinaryProbe : TalkProbe
{
    public override string Name => "binary";

    public override async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        byte[] all = [.. Enumerable.Range(0, byte.MaxValue + 1).Select(value => (byte)value)];
        TimeSpan time = await run.Talk.EchoAsync(Opcode.Binary, all, stop).ConfigureAwait(false);
        run.EchoesBinary = true;
        return Finding.Pass($"every byte value, echoed in {Times.Show(time)}", new Fact("echo_ms", time.TotalMilliseconds));
    }
}
