namespace EchoServer.Bench.Measurements;

/// <summary>The echoes or connects of one round of one server.</summary>
internal sealed record Round(long Count, long Errors, TimeSpan Elapsed)
{
    /// <summary>CPU time of the server.</summary>
    public TimeSpan Cpu { get; init; }

    public double CpuEach => Cpu.TotalMicroseconds / Count;

    public double Rate => Count / Elapsed.TotalSeconds;
}

/// <summary>A server under a load of its own, which works only while it is this server's turn.</summary>
internal sealed class Lane(RunningServer server, Func<TimeSpan, Task<Round>> run)
{
    private readonly Func<TimeSpan, Task<Round>> _run = run;
    private readonly List<Round> _rounds = [];

    public RunningServer Server => server;

    /// <summary>Everything that was sent to the server, the warm-up included.</summary>
    public long CountInAll { get; private set; }

    public long Errors { get; private set; }

    public long Count => _rounds.Sum(round => round.Count);

    public Figures Cpu => Figures.OfCosts(_rounds.Select(round => round.CpuEach));

    public Figures Rate => Figures.OfRates(_rounds.Select(round => round.Rate));

    /// <summary>Puts load on each lane until its server's code is compiled as it will stay.</summary>
    public static async Task WarmUpAsync(IReadOnlyList<Lane> lanes, TimeSpan time, CancellationToken stop)
    {
        foreach (Lane lane in lanes)
        {
            Round round = await lane._run(time);
            stop.ThrowIfCancellationRequested();
            lane.Add(round);
        }
    }

    /// <summary>Warms up and measures all in turn (A B C A B C), so that whatever else the machine does meets all of them.</summary>
    public static async Task MeasureAsync(IReadOnlyList<Lane> lanes, BenchOptions options, CancellationToken stop)
    {
        await WarmUpAsync(lanes, options.WarmUp, stop);
        for (int round = 0; round < options.Rounds; round++)
        {
            foreach (Lane lane in lanes)
            {
                await lane.MeasureAsync(options.RoundTime, stop);
            }
        }
    }

    private async Task MeasureAsync(TimeSpan time, CancellationToken stop)
    {
        TimeSpan before = server.Cpu;
        Round round = await _run(time);
        round = round with { Cpu = server.Cpu - before };
        stop.ThrowIfCancellationRequested();
        Add(round);
        _rounds.Add(round);
    }

    private void Add(Round round)
    {
        if (round.Count == 0)
        {
            throw new InvalidOperationException($"{server.Kind.Key}: nothing came back in {round.Elapsed.TotalSeconds:0.0} s");
        }

        CountInAll += round.Count;
        Errors += round.Errors;
    }
}
