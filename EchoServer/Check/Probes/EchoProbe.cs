using System.Text;
using EchoServer.Text;
using EchoServer.WebSockets;

namespace EchoServer.Check.Probes;

/// <summary>A message comes back unchanged.</summary>
internal static class EchoProbe
{
    private const int Planes = 17;
    private const int PlaneSize = 0x10000;

    /// <summary>A short text.</summary>
    internal static Task<Finding> TextAsync(CheckRun run, CancellationToken stop) =>
        RunAsync(run, Opcode.Text, "The quick brown fox"u8.ToArray(), "echoed", stop, showsTime: true);

    /// <summary>Text from every plane of Unicode.</summary>
    internal static Task<Finding> Utf8Async(CheckRun run, CancellationToken stop) => RunAsync(
        run, Opcode.Text, Encoding.UTF8.GetBytes(Sample()), $"characters of all {Planes} planes of Unicode, U+0000 and combining ones came back as sent", stop);

    /// <summary>A binary message with every byte value.</summary>
    internal static async Task<Finding> BinaryAsync(CheckRun run, CancellationToken stop)
    {
        byte[] values = [.. Enumerable.Range(0, byte.MaxValue + 1).Select(value => (byte)value)];
        Finding finding = await RunAsync(run, Opcode.Binary, values, "every byte value, echoed", stop, showsTime: true).ConfigureAwait(false);
        run.EchoesBinary = true;
        return finding;
    }

    /// <summary>A message without content.</summary>
    internal static Task<Finding> EmptyAsync(CheckRun run, CancellationToken stop) =>
        RunAsync(run, Opcode.Text, [], "a message without content came back", stop);

    private static async Task<Finding> RunAsync(
        CheckRun run, Opcode opcode, byte[] message, string finding, CancellationToken stop, bool showsTime = false)
    {
        TimeSpan time = await run.Peer.EchoAsync(opcode, message, stop).ConfigureAwait(false);
        return showsTime
            ? Finding.Pass($"{finding} in {Times.Show(time)}", new Fact("roundTripMilliseconds", time.TotalMilliseconds))
            : Finding.Pass(finding);
    }

    private static string Sample()
    {
        // The bounds of each length in UTF-8, composed and combining characters, both directions of writing, and a zero.
        var text = new StringBuilder("\0 ~\u007f\u0080\u07ff\u0800\ud7ff\ue000\ufffd Grüße u\u0308 שלום 日本語 ");
        for (int plane = 0; plane < Planes; plane++)
        {
            text.Append(new Rune((plane * PlaneSize) + 0x1F60)).Append(new Rune((plane * PlaneSize) + 0xFFFD));
        }

        return text.ToString();
    }
}
