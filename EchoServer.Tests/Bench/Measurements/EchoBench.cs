namespace EchoServer.Bench.Measurements;

/// <summary>Echoes on <c>/raw</c>, all servers in turn.</summary>
internal static class EchoBench
{
    public static Task RunAsync(Session session, EchoShape shape) => session.WithServersAsync(
        session.Options.Servers.Where(kind => kind.HasRawPath),
        servers =>
        {
            Session.Say(shape.Name);
            return Session.WithEachAsync(
                servers,
                server => EchoLoad.OpenAsync(server, shape, raw: true, session.Options.IsText, session.Stop),
                loads => MeasureAsync(session, shape, loads));
        });

    private static async Task MeasureAsync(Session session, EchoShape shape, IReadOnlyList<EchoLoad> loads)
    {
        Lane[] lanes = [.. loads.Select(load => load.Lane)];
        await Lane.WarmUpAsync(lanes, session.Options.WarmUp, session.Stop);
        foreach (EchoLoad load in loads)
        {
            load.BeginMeasuring();
        }

        Dictionary<RunningServer, long> before = await AllocatedAsync(lanes, session.Stop);
        await Lane.MeasureAsync(lanes, session.Options, session.Stop);
        Dictionary<RunningServer, long> after = await AllocatedAsync(lanes, session.Stop);

        foreach (EchoLoad load in loads)
        {
            Lane lane = load.Lane;
            ProcessMemory memory = lane.Server.Memory;
            session.Report.Echo.Add(new EchoEntry(shape.Key, lane.Server.Kind.Key, lane.Count, lane.Errors, lane.Cpu, lane.Rate)
            {
                P50Microseconds = load.Latency.Percentile(50).TotalMicroseconds,
                P99Microseconds = load.Latency.Percentile(99).TotalMicroseconds,
                ResidentBytes = memory.Resident,
                PeakBytes = memory.Peak,
                AllocatedBytes = after.TryGetValue(lane.Server, out long bytes) ? (double)(bytes - before[lane.Server]) / lane.Count : null,
            });
        }
    }

    private static async Task<Dictionary<RunningServer, long>> AllocatedAsync(IEnumerable<Lane> lanes, CancellationToken stop)
    {
        var allocated = new Dictionary<RunningServer, long>();
        using var http = new HttpClient();
        foreach (RunningServer server in lanes.Select(lane => lane.Server).Where(server => server.Kind.TellsAllocatedBytes))
        {
            string answer = await http.GetStringAsync(new Uri($"http://127.0.0.1:{server.Port}/allocated"), stop);
            allocated[server] = long.Parse(answer, CultureInfo.InvariantCulture);
        }

        return allocated;
    }
}
