using System.Text;
using EchoServer.WebSockets;

namespace EchoServer.Check.Probes;

/// <summary>Text from every plane of Unicode comes back as it was.</summary>
internal sealed class Utf8Probe : TalkProbe
{
    private const int Planes = 17;
    private const int PlaneSize = 0x10000;

    public override string Name => "utf8";

    public override async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        await run.Talk.EchoAsync(Opcode.Text, Encoding.UTF8.GetBytes(Sample()), stop).ConfigureAwait(false);
        return Finding.Pass($"characters of all {Planes} planes of Unicode, U+0000 and combining ones came back as sent");
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
