using System.Text;
using EchoServer.WebSockets;

namespace EchoServer.Check.Probes;

/// <summary>A probe that needs an echo.</summary>
internal abstract class TalkProbe : IProbe
{
    public abstract string Name { get; }

    public virtual string? CannotRun(CheckRun run) => run.Talk.IsEchoing ? null : "needs an echo";

    public abstract Task<Finding> RunAsync(CheckRun run, CancellationToken stop);
}

/// <summary>What the server says first, and what it puts in front of an echo.</summary>
internal sealed class GreetingProbe : IProbe
{
    public string Name => "greeting";

    public async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        await run.Talk.LearnAsync(Encoding.UTF8.GetBytes($"check {Guid.NewGuid():N}"), stop).ConfigureAwait(false);
        string[] greetings = [.. run.Talk.Greetings.Select(bytes => Encoding.UTF8.GetString(bytes))];
        string prefix = Encoding.UTF8.GetString(run.Talk.Prefix);
        bool isOurs = run.Info is ServerInfo info && greetings.Length == 1 && greetings[0] == info.Greeting;
        string said = greetings.Length == 0
            ? "none"
            : $"{string.Join(", ", greetings.Take(2).Select(text => $"'{ReceivedAnswer.Shown(text)}'"))}{(isOurs ? ", the EchoServer's own" : "")}";
        string echo = prefix.Length == 0 ? "echoes come as they are" : $"echoes begin with '{ReceivedAnswer.Shown(prefix)}'";
        return Finding.Pass(
            $"{said}; {echo}", new("greetings", greetings), new("prefix", prefix), new("is_echo_server", run.Info is null ? null : true));
    }
}

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
