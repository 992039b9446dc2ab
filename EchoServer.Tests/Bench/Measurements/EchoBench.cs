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
                server => EchoLoad.OpenAsync(server, shape, session),
                loads => MeasureAsync(session, shape, loads));
        });

    private static async Task MeasureAsync(Session session, EchoShape shape, IReadOnlyList<EchoLoad> loads)
    {
        await Lane.MeasureAsync([.. loads.Select(load => load.Lane)], session.Options, session.Stop);
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
            });
        }
    }
}
