using EchoServer.WebSockets;

namespace EchoServer.Check.Probes;

/// <summary>A message without content comes back.</summary>
internal sealed class EmptyProbe : TalkProbe
{
    public override string Name => "empty";

    public override async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        await run.Talk.EchoAsync(Opcode.Text, ReadOnlyMemory<byte>.Empty, stop).ConfigureAwait(false);
        return Finding.Pass("a message without content came back");
    }
}
