using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.WebSockets;

namespace EchoServer.Check.Probes;

/// <summary>Whether a connection lives on which no messages go: one that is silent, and beside it one with pings from this side.</summary>
internal static class IdleProbe
{
    private const int PingsInTime = 4;
    private static readonly TimeSpan MaxBetweenPings = TimeSpan.FromSeconds(25);

    internal static async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        TimeSpan idle = run.Options.Idle!.Value;
        TimeSpan interval = idle / PingsInTime < MaxBetweenPings ? idle / PingsInTime : MaxBetweenPings;
        using EchoLink silent = await run.OpenAsync(stop).ConfigureAwait(false);
        using EchoLink pinging = await run.OpenAsync(stop).ConfigureAwait(false);
        Life[] lives = await Task.WhenAll(
            LiveAsync(run, silent, null, stop), LiveAsync(run, pinging, interval, stop)).ConfigureAwait(false);
        return Judge(lives[0], lives[1], idle, interval);
    }

    internal static Finding Judge(Life silent, Life pinging, TimeSpan idle, TimeSpan interval)
    {
        string between = Seconds(interval);
        string text = $"silent: {silent.Describe()}; with a ping every {between}: {pinging.Describe()}";
        Fact[] facts =
        [
            new("idleSeconds", idle.TotalSeconds), new("silentSurvived", silent.End is null), new("silentSeconds", silent.Idle.TotalSeconds),
            new("silentEnd", silent.End?.Kind.ToString().ToLowerInvariant()), new("serverPings", (long)silent.ServerPings), new("serverMessages", (long)silent.ServerMessages),
            new("pingSurvived", pinging.End is null), new("pingSeconds", pinging.Age.TotalSeconds),
            new("knownLimit", silent.End?.Kind is ClientEventKind.Fin or ClientEventKind.Reset ? EndDiagnosis.KnownLimit(silent.Idle) : null),
        ];
        return (silent.End, pinging.End) switch
        {
            (null, null) => Finding.Pass(text, facts),
            (ClientEvent end, null) => Finding.Warn(text, EndDiagnosis.OfIdle(end.Kind, end.Code, silent.Idle), facts),
            (_, ClientEvent end) => Finding.Fail(text, OfBoth(silent, pinging, end), facts),
        };
    }

    private static Fault OfBoth(Life silent, Life pinging, ClientEvent end)
    {
        // The age of a lost connection is not known.
        if (end.Kind == ClientEventKind.Lost)
        {
            return EndDiagnosis.OfIdle(ClientEventKind.Lost, null, pinging.Age);
        }

        // Near each other although one was never idle: it is age that counts.
        double difference = Math.Abs((silent.Age - pinging.Age).TotalSeconds);
        if (silent.End?.Kind is null or ClientEventKind.Lost || difference > 1 + (pinging.Age.TotalSeconds / 10))
        {
            return EndDiagnosis.OfIdle(end.Kind, end.Code, pinging.Idle);
        }

        string whole = $"{Seconds(pinging.Age)} after the connection begins, pings or not";
        return end is { Kind: ClientEventKind.Close, Code: CloseCode code }
            ? new(
                $"the server itself closes {whole}, {EndDiagnosis.Described(code)}",
                "raise the server's own limit on a connection's life, or let clients connect again when it strikes")
            : new(
                $"something on the way ends connections {whole}{(EndDiagnosis.KnownLimit(pinging.Age) is string owner ? $"; that is the limit of {owner}" : "")}",
                "have the limit on a connection's whole life raised where it is set, and let clients connect again when it strikes");
    }

    private static async Task<Life> LiveAsync(CheckRun run, EchoLink link, TimeSpan? interval, CancellationToken stop)
    {
        long start = Stopwatch.GetTimestamp();
        var whole = Deadline.In(run.Options.Idle!.Value);
        int messages = 0;
        Deadline next = interval is TimeSpan first ? Deadline.In(first) : whole;
        ClientEvent? end = null;
        while (end is null && whole.Left > TimeSpan.Zero)
        {
            ClientEvent? received = await link.Connection.ReceiveAsync(next.Left < whole.Left ? next : whole, stop).ConfigureAwait(false);
            end = received?.IsEnd == true ? received : null;
            messages += received?.IsMessage == true ? 1 : 0;
            if (received is null && interval is TimeSpan pause)
            {
                await link.TrySendAsync(Opcode.Ping, ReadOnlyMemory<byte>.Empty, stop).ConfigureAwait(false);
                next = Deadline.In(pause);
            }
        }

        TimeSpan idleFor = link.Connection.IdleFor;
        end ??= await FindEndAsync(link, stop).ConfigureAwait(false);
        var life = new Life(end, Stopwatch.GetElapsedTime(start), idleFor, link.Connection.PingsReceived, messages);
        await (end is null ? link.LeaveAsync(stop) : Task.CompletedTask).ConfigureAwait(false);
        return life;
    }

    /// <summary>Sends a ping: a connection that was dropped in silence shows it only then.</summary>
    /// <returns>Null when the pong comes.</returns>
    private static async Task<ClientEvent?> FindEndAsync(EchoLink link, CancellationToken stop)
    {
        byte[] payload = "still there?"u8.ToArray();
        await link.TrySendAsync(Opcode.Ping, payload, stop).ConfigureAwait(false);
        ClientEvent? received = await link.ReceiveAsync(it => it.IsPongOf(payload), stop).ConfigureAwait(false);

        // A reset that only the ping brought says as little as silence about the time.
        return received is null or { Kind: ClientEventKind.Reset } ? new(ClientEventKind.Lost, []) : received.IsEnd ? received : null;
    }

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#} s");

    /// <summary>How a connection fared; without an end it lives.</summary>
    /// <remarks>
    /// Age is how long it lived, Idle how long nothing had come or gone at its end: the most, of one that was lost. ServerMessages were sent
    /// without being asked for: such a connection is not idle.
    /// </remarks>
    internal sealed record Life(ClientEvent? End, TimeSpan Age, TimeSpan Idle, int ServerPings, int ServerMessages = 0)
    {
        internal string Describe()
        {
            string[] sent = [.. new[] { Number(ServerPings, "ping"), Number(ServerMessages, "message") }.OfType<string>()];
            string unasked = sent.Length > 0 ? $" (the server sent {string.Join(" and ", sent)})" : "";
            return End is null
                ? $"lives after {Seconds(Age)}{unasked}"
                : End.Kind == ClientEventKind.Lost ? $"lost at some time within {Seconds(Age)}, and nobody said so{unasked}" : $"ended after {Seconds(Age)} with {End.Describe()}{unasked}";
        }

        private static string? Number(int count, string what) => count == 0 ? null : Numbers.Of(count, what);
    }
}
