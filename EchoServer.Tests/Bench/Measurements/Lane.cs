namespace EchoServer.Bench.Measurements;

/// <summary>The echoes or connects of one round, without their cost.</summary>
internal sealed record Amount(long Count, long Errors, TimeSpan Elapsed);

/// <summary>A server under a load of its own, which works only while it is this server's turn.</summary>
internal sealed class Lane(RunningServer server, Func<TimeSpan, Task<Amount>> run)
{
    private readonly Func<TimeSpan, Task<Amount>> _run = run;
    private readonly List<Round> _rounds = [];

    public RunningServer Server => server;

    public IReadOnlyList<Round> Rounds => _rounds;

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
            Amount amount = await lane._run(time);
            stop.ThrowIfCancellationRequested();
            lane.Add(amount);
            ProcessClock.Check(lane.Server.Id);
        }
    }

    /// <summary>Measures all lanes in turn (A B C A B C), so that whatever else the machine does meets all of them.</summary>
    public static async Task MeasureAsync(IReadOnlyList<Lane> lanes, BenchOptions options, CancellationToken stop)
    {
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
        Amount amount = await _run(time);
        TimeSpan cpu = server.Cpu - before;
        stop.ThrowIfCancellationRequested();
        Add(amount);
        _rounds.Add(new Round(amount.Count, amount.Errors, amount.Elapsed, cpu));
    }

    private void Add(Amount amount)
    {
        if (amount.Count == 0)
        {
            throw new InvalidOperationException($"{server.Kind.Key}: nothing came back in {amount.Elapsed.TotalSeconds:0.0} s");
        }

        CountInAll += amount.Count;
        Errors += amount.Errors;
    }
}
