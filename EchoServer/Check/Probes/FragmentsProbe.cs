using EchoServer.WebSockets;

namespace EchoServer.Check.Probes;

/// <summary>A message in fragments, with a ping between them and a character cut in two, comes back whole (RFC 6455 §5.4).</summary>
internal static class FragmentsProbe
{
    internal static async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        byte[] whole = "one, two, three: 3 €"u8.ToArray();
        EchoLink link = await run.Peer.LinkAsync(stop).ConfigureAwait(false);
        await link.SendAsync(Opcode.Text, whole.AsMemory(0, 4), stop, isFinal: false).ConfigureAwait(false);
        await link.SendAsync(Opcode.Continuation, ReadOnlyMemory<byte>.Empty, stop, isFinal: false).ConfigureAwait(false);
        await link.SendAsync(Opcode.Ping, "between"u8.ToArray(), stop).ConfigureAwait(false);
        await link.SendAsync(Opcode.Continuation, whole.AsMemory(4, whole.Length - 5), stop, isFinal: false).ConfigureAwait(false);
        await link.SendAsync(Opcode.Continuation, whole.AsMemory(whole.Length - 1), stop).ConfigureAwait(false);
        await link.AwaitEchoAsync(isText: true, whole, stop).ConfigureAwait(false);
        return Finding.Pass("4 fragments with a ping between them came back as one message");
    }
}
