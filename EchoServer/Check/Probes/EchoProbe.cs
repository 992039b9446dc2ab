using System.Text;
using EchoServer.Text;
using EchoServer.WebSockets;

namespace EchoServer.Check.Probes;

/// <summary>A message comes back unchanged.</summary>
internal sealed class EchoProbe(string name, Opcode opcode, byte[] message, string finding, bool showsTime = false) : TalkProbe
{
    private const int Planes = 17;
    private const int PlaneSize = 0x10000;

    public override string Name => name;

    /// <summary>A short text.</summary>
    internal static EchoProbe Text() => new("text", Opcode.Text, "The quick brown fox"u8.ToArray(), "echoed", showsTime: true);

    /// <summary>Text from every plane of Unicode.</summary>
    internal static EchoProbe Utf8() => new(
        "utf8", Opcode.Text, Encoding.UTF8.GetBytes(Sample()), $"characters of all {Planes} planes of Unicode, U+0000 and combining ones came back as sent");

    /// <summary>A binary message with every byte value.</summary>
    internal static EchoProbe Binary() => new(
        "binary", Opcode.Binary, [.. Enumerable.Range(0, byte.MaxValue + 1).Select(value => (byte)value)], "every byte value, echoed", showsTime: true);

    /// <summary>A message without content.</summary>
    internal static EchoProbe Empty() => new("empty", Opcode.Text, [], "a message without content came back");

    public override async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        TimeSpan time = await run.Peer.EchoAsync(opcode, message, stop).ConfigureAwait(false);
        run.EchoesBinary |= opcode == Opcode.Binary;
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
