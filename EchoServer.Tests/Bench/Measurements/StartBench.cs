using System.Diagnostics;
using System.Text;
using EchoServer.Echo;
using EchoServer.WebSockets;

namespace EchoServer.Bench.Measurements;

/// <summary>Processes started in turn: how long until the first echo, and how much memory then.</summary>
internal static class StartBench
{
    private static readonly byte[] Payload = "Hi there!"u8.ToArray();
    private static readonly byte[] Request = BlockingClient.Request("/");
    private static readonly byte[] Message = BlockingClient.Masked(Opcode.Text, Payload);
    private static readonly byte[] Answer =
    [
        .. BlockingClient.Unmasked(Opcode.Text, Encoding.UTF8.GetBytes(EchoOptions.DefaultGreeting)),
        .. BlockingClient.Unmasked(Opcode.Text, [.. Encoding.UTF8.GetBytes(EchoOptions.DefaultPrefix), .. Payload]),
    ];

    public static async Task RunAsync(Session session)
    {
        Session.Say("starts");
        var starts = session.Options.Servers.ToDictionary(kind => kind, _ => new List<Started>());

        // The first of each reads its files from disk: it is not counted.
        for (int round = -1; round < session.Options.Rounds; round++)
        {
            foreach ((ServerKind kind, List<Started> list) in starts)
            {
                Started started = await StartAsync(kind, session.Stop);
                if (round >= 0)
                {
                    list.Add(started);
                }
            }
        }

        session.Report.Start.AddRange(starts.Select(start => new StartEntry(
            start.Key.Key,
            Figures.OfCosts(start.Value.Select(one => one.UntilEcho.TotalMilliseconds)),
            (long)Figures.OfCosts(start.Value.Select(one => (double)one.ResidentListening)).Median,
            (long)Figures.OfCosts(start.Value.Select(one => (double)one.Resident)).Median)));
    }

    private static async Task<Started> StartAsync(ServerKind kind, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        await using RunningServer server = await RunningServer.StartAsync(kind, stop);
        TimeSpan untilListening = clock.Elapsed;
        long residentListening = server.Memory.Resident;

        // Reading the memory is our time, not the server's.
        clock.Restart();
        Echo(server);
        return new Started(untilListening + clock.Elapsed, residentListening, server.Memory.Resident);
    }

    private static void Echo(RunningServer server)
    {
        using BlockingClient client = BlockingClient.Connect(server.Port);
        if (server.Kind.IsRawTcp)
        {
            client.Send(Payload);
            client.Expect(Payload);
            return;
        }

        client.Upgrade(Request);
        client.Send(Message);
        client.Expect(Answer);
    }

    private sealed record Started(TimeSpan UntilEcho, long ResidentListening, long Resident);
}
