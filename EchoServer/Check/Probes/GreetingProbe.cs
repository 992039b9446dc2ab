using System.Text;
using EchoServer.Diagnosis;

namespace EchoServer.Check.Probes;

/// <summary>The greeting of the server, and the prefix of its echoes.</summary>
internal static class GreetingProbe
{
    internal static async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        await run.Peer.LearnAsync(Encoding.UTF8.GetBytes($"check {Guid.NewGuid():N}"), stop).ConfigureAwait(false);
        string[] greetings = [.. run.Peer.Dialect.Greetings.Select(bytes => Encoding.UTF8.GetString(bytes))];
        string prefix = Encoding.UTF8.GetString(run.Peer.Dialect.Prefix);
        bool isOurs = run.Info is ServerInfo info && greetings.Length == 1 && greetings[0] == info.Greeting;
        string said = greetings.Length == 0
            ? "none"
            : $"{string.Join(", ", greetings.Take(2).Select(text => $"'{ReceivedAnswer.Shown(text)}'"))}{(isOurs ? ", the EchoServer's own" : "")}";
        string echo = prefix.Length == 0 ? "echoes come as they are" : $"echoes begin with '{ReceivedAnswer.Shown(prefix)}'";
        return Finding.Pass(
            $"{said}; {echo}", new("greetings", greetings), new("prefix", prefix), new("isEchoServer", run.Info is null ? null : true));
    }
}
