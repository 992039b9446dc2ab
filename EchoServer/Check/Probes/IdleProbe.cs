using System.Globalization;
using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.WebSockets;

namespace EchoServer.Check.Probes;

/// <summary>Whether a connection lives on which no messages go: one that is silent, and beside it one with pings from this side.</summary>
/// <param name="idle">For how long.</param>
internal sealed class IdleProbe(TimeSpan idle) : IProbe
{
    private const int PingsInTime = 4;
    private static readonly TimeSpan MostBetweenPings = TimeSpan.FromSeconds(25);

    public string Name => "idle";

    public async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        TimeSpan interval = idle / PingsInTime < MostBetweenPings ? idle / PingsInTime : MostBetweenPings;
        using WebSocketLink silent = await run.Talk.OpenAsync(stop).ConfigureAwait(false);
        using WebSocketLink pinging = await run.Talk.OpenAsync(stop).ConfigureAwait(false);
        Life[] lives = await Task.WhenAll(
            LiveAsync(run, silent, null, stop), LiveAsync(run, pinging, interval, stop)).ConfigureAwait(false);
        return Judge(lives[0], lives[1], idle, interval);
    }

    /// <summary>Judges how the two fared.</summary>
    internal static Finding Judge(Life silent, Life pinging, TimeSpan idle, TimeSpan interval)
    {
        string between = Seconds(interval);
        string text = $"silent: {silent.Describe()}; with a ping every {between}: {pinging.Describe()}";
        Fact[] facts =
        [
            new("seconds", idle.TotalSeconds), new("silent_survived", silent.End is null), new("silent_seconds", silent.Idle.TotalSeconds),
            new("silent_end", silent.End?.Kind.ToString().ToLowerInvariant()), new("server_pings", (long)silent.ServerPings),
            new("ping_survived", pinging.End is null), new("ping_seconds", pinging.Age.TotalSeconds),
            new("known_limit", silent.End?.Kind is LinkEventKind.Fin or LinkEventKind.Reset ? EndDiagnosis.KnownLimit(silent.Idle) : null),
        ];
        return (silent.End, pinging.End) switch
        {
            (null, null) => Finding.Pass(text, facts),
            (LinkEvent end, null) => Finding.Warn(text, EndDiagnosis.OfIdle(Kind(end), end.Code, silent.Idle), facts),
            (_, LinkEvent end) => Finding.Fail(text, OfBoth(silent, pinging, end), facts),
        };
    }

    private static Fault OfBoth(Life silent, Life pinging, LinkEvent end)
    {
        // Of one that was lost nobody knows how old it became.
        if (end.Kind == LinkEventKind.Lost)
        {
            return EndDiagnosis.OfIdle(EndKind.Lost, null, pinging.Age);
        }

        // Near each other although one was never idle: it is age that counts.
        double difference = Math.Abs((silent.Age - pinging.Age).TotalSeconds);
        if (silent.End?.Kind is null or LinkEventKind.Lost || difference > 1 + (pinging.Age.TotalSeconds / 10))
        {
            return EndDiagnosis.OfIdle(Kind(end), end.Code, pinging.Idle);
        }

        string whole = $"{Seconds(pinging.Age)} after the connection begins, pings or not";
        return end is { Kind: LinkEventKind.Close, Code: CloseCode code }
            ? new(
                $"the server itself closes {whole}, with {ClosePayload.Describe(code)}",
                "raise the server's own limit on a connection's life, or let clients connect again when it strikes")
            : new(
                $"something on the way ends connections {whole}{(EndDiagnosis.KnownLimit(pinging.Age) is string who ? $"; that is the limit of {who}" : "")}",
                "have the limit on a connection's whole life raised where it is set, and let clients connect again when it strikes");
    }

    private async Task<Life> LiveAsync(CheckRun run, WebSocketLink link, TimeSpan? interval, CancellationToken stop)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(start) is var age && age < idle)
        {
            TimeSpan left = idle - age;
            LinkEvent? received = await link.ReceiveAsync(interval < left ? interval.Value : left, stop).ConfigureAwait(false);
            if (received?.IsEnd == true)
            {
                return new(received, TimeProvider.System.GetElapsedTime(start), link.IdleFor, link.PingsReceived);
            }

            if (received is null && interval is not null)
            {
                await PingAsync(link, stop).ConfigureAwait(false);
            }
        }

        return await IsAliveAsync(run, link, start, stop).ConfigureAwait(false);
    }

    /// <summary>What was dropped in silence shows only when something is sent.</summary>
    private static async Task<Life> IsAliveAsync(CheckRun run, WebSocketLink link, long start, CancellationToken stop)
    {
        TimeSpan idleFor = link.IdleFor;
        byte[] payload = "still there?"u8.ToArray();
        await PingAsync(link, stop, payload).ConfigureAwait(false);
        var deadline = Deadline.In(run.Options.Connection.Timeout);
        while (true)
        {
            LinkEvent? received = await link.ReceiveAsync(deadline, stop).ConfigureAwait(false);
            TimeSpan age = TimeProvider.System.GetElapsedTime(start);
            if (received is null || received.IsEnd)
            {
                // A reset that only the ping brought says no more than silence: not when it was dropped.
                bool isSeen = received is { Kind: not LinkEventKind.Reset };
                return new(isSeen ? received : new LinkEvent(LinkEventKind.Lost, []), age, idleFor, link.PingsReceived);
            }

            if (received.Kind == LinkEventKind.Pong && received.Payload.AsSpan().SequenceEqual(payload))
            {
                return new(null, age, idleFor, link.PingsReceived);
            }
        }
    }

    private static async Task PingAsync(WebSocketLink link, CancellationToken stop, ReadOnlyMemory<byte> payload = default)
    {
        try
        {
            await link.SendAsync(Opcode.Ping, payload, stop).ConfigureAwait(false);
        }
        catch (Exception exception) when (Step.IsOfNetwork(exception))
        {
            // How the connection ended, the receiver sees.
        }
    }

    private static EndKind Kind(LinkEvent end) => end.Kind switch
    {
        LinkEventKind.Close => EndKind.Close,
        LinkEventKind.Reset => EndKind.Reset,
        LinkEventKind.Lost => EndKind.Lost,
        _ => EndKind.Fin,
    };

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#} s");

    /// <summary>How a connection fared.</summary>
    /// <param name="End">How it ended; null when it lives.</param>
    /// <param name="Age">For how long it lived, or has lived; of one that was lost, the most.</param>
    /// <param name="Idle">How long nothing had come or gone at its end; of one that was lost, the most.</param>
    /// <param name="ServerPings">How many pings the server sent.</param>
    internal sealed record Life(LinkEvent? End, TimeSpan Age, TimeSpan Idle, int ServerPings)
    {
        internal string Describe()
        {
            string pings = ServerPings > 0 ? $" (the server sent {ServerPings} pings)" : "";
            return End is null
                ? $"lives after {Seconds(Age)}{pings}"
                : End.Kind == LinkEventKind.Lost ? $"lost at some time within {Seconds(Age)}, and nobody said so{pings}" : $"ended after {Seconds(Age)} with {End.Describe()}{pings}";
        }
    }
}
