namespace EchoServer.Tests.Soak;

/// <summary>The load: good clients that stay, and every kind of visit at a fixed rate, from the first second to the last.</summary>
internal sealed class Traffic(int port, int seed)
{
    private const int BusyClients = 10;
    private const int QuietClients = 4;

    private static readonly TimeSpan BusyPause = TimeSpan.FromMilliseconds(200);

    // Longer than the server's keep-alive interval: these clients live by answering pings.
    private static readonly TimeSpan QuietPause = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan KindOffset = TimeSpan.FromMilliseconds(370);

    // Everything a visit waits for has a deadline of a few seconds; what takes longer than this has been forgotten.
    private static readonly TimeSpan VisitPatience = TimeSpan.FromSeconds(20);

    // Enough to see the fault; a server that answers no client would give thousands.
    private const int MaxComplaints = 20;

    private static readonly Kind[] Kinds =
    [
        new("echo and close", 8, SteadyClient.VisitAsync),
        new("reset", 5, BadClients.ResetAsync),
        new("slow reader", 0.5, BadClients.ReadNothingAsync),
        new("ping flood", 0.5, BadClients.FloodWithPingsAsync),
        new("unfinished message", 3, BadClients.LeaveMessageUnfinishedAsync),
        new("trickled handshake", 2, BadClients.TrickleHandshakeAsync),
        new("protocol violation", 5, BadClients.BreakRuleAsync),
        new("oversized message", 3, BadClients.SendTooMuchAsync),
    ];

    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly ConcurrentDictionary<Task, byte> _visits = new();
    private long _echoes;
    private long _visitCount;

    private delegate Task Visit(int port, Random random, CancellationToken patience);

    public IReadOnlyCollection<string> Complaints => _complaints;

    public string Summary => $"{_echoes:N0} echoes checked on {BusyClients + QuietClients} lasting connections · {_visitCount:N0} visits";

    public async Task RunAsync(CancellationToken end)
    {
        IEnumerable<Task> clients = Enumerable.Range(0, BusyClients + QuietClients).Select(number => StayAsync(number, end));
        IEnumerable<Task> visitors = Kinds.Select((kind, number) => SendVisitorsAsync(kind, number, end));
        await Task.WhenAll([.. clients, .. visitors]);
        await Task.WhenAll(_visits.Keys);
    }

    public Task VisitOnceEachAsync() => Task.WhenAll(Kinds.Select((kind, number) => VisitAsync(kind, new Random(seed + number))));

    private async Task StayAsync(int number, CancellationToken end)
    {
        TimeSpan pause = number < BusyClients ? BusyPause : QuietPause;
        try
        {
            // Started one by one, so that they do not send in step.
            await Task.Delay(pause * number / (BusyClients + QuietClients), CancellationToken.None);
            await SteadyClient.RunAsync(port, new Random(seed + number), pause, () => Interlocked.Increment(ref _echoes), end);
        }
        catch (Exception exception)
        {
            Complain($"steady client {number}", exception);
        }
    }

    private async Task SendVisitorsAsync(Kind kind, int number, CancellationToken end)
    {
        var random = new Random(seed + 1000 + number);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1 / kind.PerSecond));
        try
        {
            // The rare and heavy ones must not all come at the same moment.
            await Task.Delay(number * KindOffset, end);
            while (await timer.WaitForNextTickAsync(end))
            {
                Task visit = VisitAsync(kind, new Random(random.Next()));
                _visits.TryAdd(visit, 0);
                _ = visit.ContinueWith(ended => _visits.TryRemove(ended, out _), TaskScheduler.Default);
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    private async Task VisitAsync(Kind kind, Random random)
    {
        Interlocked.Increment(ref _visitCount);
        using var patience = new CancellationTokenSource(VisitPatience);
        try
        {
            await kind.Visit(port, random, patience.Token);
        }
        catch (Exception exception)
        {
            Complain(kind.Name, exception);
        }
    }

    private void Complain(string client, Exception exception)
    {
        if (_complaints.Count < MaxComplaints)
        {
            _complaints.Enqueue($"{DateTime.UtcNow:HH:mm:ss} {client}: {exception.GetType().Name}: {exception.Message}");
        }
    }

    private sealed record Kind(string Name, double PerSecond, Visit Visit);
}
