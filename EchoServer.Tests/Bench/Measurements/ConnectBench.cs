using System.Diagnostics;
using EchoServer.Echo;
using EchoServer.Text;

namespace EchoServer.Bench.Measurements;

/// <summary>Connections made in crowds: TCP, upgrade and greeting, then a reset.</summary>
/// <remarks>The client is in C (Peers/bench/connects.c): what it costs, the server beside it on the same processors cannot use.</remarks>
internal static class ConnectBench
{
    // Each with its crowd, and two for each processor: with one, both sides of a fast server were at times waiting for each other, and
    // a tenth of the machine was idle.
    private static readonly int Threads = Math.Min(2 * Environment.ProcessorCount, MaxThreads);

    // As many as the client takes.
    private const int MaxThreads = 64;

    // As after a router's restart many come at once. One by one it is the client's waking up that is measured.
    private const int CrowdSize = 32;

    private static string Client => Path.Combine(Folders.Peers, "connects");

    public static Task RunAsync(Session session)
    {
        if (!File.Exists(Client))
        {
            Session.Say("connects a second: left out, without a C compiler (cc) there is no client for it");
            return Task.CompletedTask;
        }

        return session.WithServersAsync(
            session.Options.Servers.Where(kind => kind is { IsRawTcp: false, HasRawPath: true }),
            async servers =>
            {
                Session.Say("connects a second");
                Lane[] lanes = [.. servers.Select(server => new Lane(server, time => StormAsync(server.Port, time)))];
                await Lane.WarmUpAsync(lanes, session.Options.WarmUp, session.Stop);
                await Lane.MeasureAsync(lanes, session.Options, session.Stop);
                session.Report.Connects.AddRange(lanes.Select(lane => new ConnectEntry(
                    lane.Server.Kind.Key, lane.Count, lane.Errors, lane.Cpu, lane.Rate)));
            });
    }

    private static async Task<Amount> StormAsync(int port, TimeSpan time)
    {
        object[] arguments = [port, time.TotalSeconds, Threads, CrowdSize, EchoOptions.DefaultGreeting];
        var start = new ProcessStartInfo(Client, arguments.Select(argument => Convert.ToString(argument, CultureInfo.InvariantCulture)!))
        {
            RedirectStandardOutput = true,
        };
        using Process client = Process.Start(start)!;
        string said = await client.StandardOutput.ReadToEndAsync();
        await client.WaitForExitAsync();
        string[] words = said.Split(' ');
        return client.ExitCode == 0 && words.Length == 3
            ? new Amount(Long(words[0]), Long(words[1]), TimeSpan.FromSeconds(double.Parse(words[2], CultureInfo.InvariantCulture)))
            : throw new InvalidOperationException($"the client of the connects ended with {client.ExitCode}: {EscapedText.From(said.AsSpan())}");
    }

    private static long Long(string word) => long.Parse(word, CultureInfo.InvariantCulture);
}
