using EchoServer.Diagnosis;
using EchoServer.WebSockets;

namespace EchoServer.Check.Probes;

/// <summary>The greeting of an echo server, messages that come back unchanged, and a ping that is answered.</summary>
internal static class EchoProbes
{
    private const int Planes = 17;
    private const int PlaneSize = 0x10000;

    /// <summary>The name of the probe that finds out whether the server echoes.</summary>
    internal const string Greeting = "greeting";

    /// <summary>Skips a probe that needs an echo where none is known, and all of them where the server need not be an echo server.</summary>
    internal static Finding? WhyNotTried(Probe probe, CheckRun run)
    {
        string reason = run.Info is null ? "the server does not say that it is an EchoServer" : "this path is a scenario, which need not echo";
        return !run.ExpectsEcho ? Finding.Skip($"needs an echo, and {reason}: --echo tries it") with { Group = "need --echo" }
            : run.Dialect.IsKnown || probe.Name == Greeting ? null
            : Finding.Skip("needs an echo");
    }

    internal static async Task<Finding> GreetingAsync(CheckRun run, CancellationToken stop)
    {
        EchoLink link = await run.LinkAsync(stop).ConfigureAwait(false);
        run.Dialect = await link.LearnAsync(Encoding.UTF8.GetBytes($"check {Guid.NewGuid():N}"), stop).ConfigureAwait(false);
        string[] greetings = [.. run.Dialect.Greetings.Select(bytes => Encoding.UTF8.GetString(bytes))];
        string prefix = Encoding.UTF8.GetString(run.Dialect.Prefix);
        bool isOurs = run.Info is ServerInfo info && greetings.Length == 1 && greetings[0] == info.Greeting;
        string said = greetings.Length == 0
            ? "none"
            : $"{string.Join(", ", greetings.Take(2).Select(text => $"'{ReceivedAnswer.Shown(text)}'"))}{(isOurs ? ", the EchoServer's own" : "")}";
        string echo = prefix.Length == 0 ? "echoes come as they are" : $"echoes begin with '{ReceivedAnswer.Shown(prefix)}'";
        return Finding.Pass(
            $"{said}; {echo}", new("greetings", greetings), new("prefix", prefix), new("isEchoServer", run.Info is null ? null : true));
    }

    internal static Task<Finding> TextAsync(CheckRun run, CancellationToken stop) =>
        RunAsync(run, Opcode.Text, "The quick brown fox"u8.ToArray(), "echoed", stop, showsTime: true);

    internal static Task<Finding> Utf8Async(CheckRun run, CancellationToken stop) => RunAsync(
        run, Opcode.Text, Encoding.UTF8.GetBytes(Sample()), $"characters of all {Planes} planes of Unicode, U+0000 and combining ones came back as sent", stop);

    internal static async Task<Finding> BinaryAsync(CheckRun run, CancellationToken stop)
    {
        byte[] values = [.. Enumerable.Range(0, byte.MaxValue + 1).Select(value => (byte)value)];
        Finding finding = await RunAsync(run, Opcode.Binary, values, "every byte value, echoed", stop, showsTime: true).ConfigureAwait(false);
        run.EchoesBinary = true;
        return finding;
    }

    internal static Task<Finding> EmptyAsync(CheckRun run, CancellationToken stop) =>
        RunAsync(run, Opcode.Text, [], "a message without content came back", stop);

    /// <summary>A message in fragments, with a ping between them and a character cut in two (RFC 6455 §5.4).</summary>
    internal static async Task<Finding> FragmentsAsync(CheckRun run, CancellationToken stop)
    {
        byte[] whole = "one, two, three: 3 €"u8.ToArray();
        EchoLink link = await run.LinkAsync(stop).ConfigureAwait(false);
        await link.SendAsync(Opcode.Text, whole.AsMemory(0, 4), stop, isFinal: false).ConfigureAwait(false);
        await link.SendAsync(Opcode.Continuation, ReadOnlyMemory<byte>.Empty, stop, isFinal: false).ConfigureAwait(false);
        await link.SendAsync(Opcode.Ping, "between"u8.ToArray(), stop).ConfigureAwait(false);
        await link.SendAsync(Opcode.Continuation, whole.AsMemory(4, whole.Length - 5), stop, isFinal: false).ConfigureAwait(false);
        await link.SendAsync(Opcode.Continuation, whole.AsMemory(whole.Length - 1), stop).ConfigureAwait(false);
        await link.AwaitEchoAsync(isText: true, whole, stop).ConfigureAwait(false);
        return Finding.Pass("4 fragments with a ping between them came back as one message");
    }

    /// <summary>A ping is answered with its own payload (RFC 6455 §5.5.2).</summary>
    internal static async Task<Finding> PingAsync(CheckRun run, CancellationToken stop)
    {
        EchoLink link = await run.LinkAsync(stop).ConfigureAwait(false);
        TimeSpan time = await link.PingAsync(stop).ConfigureAwait(false);
        run.AnswersPings = true;
        return Finding.Pass($"pong in {Times.Show(time)}", new Fact("roundTripMilliseconds", time.TotalMilliseconds));
    }

    private static async Task<Finding> RunAsync(
        CheckRun run, Opcode opcode, byte[] message, string finding, CancellationToken stop, bool showsTime = false)
    {
        TimeSpan time = await run.EchoAsync(opcode, message, stop).ConfigureAwait(false);
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
