using System.Net.Sockets;
using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.Transport;

namespace EchoServer.Check.Probes;

/// <summary>Many connections at once, each with an echo or, of another server than an echo server, a pong.</summary>
internal static class ConnectionsProbe
{
    private const int MaxOpening = 64;

    // With requests spread at random over 10 instances, this many miss one in less than one check of a hundred.
    private const int MaxAsked = 60;
    private const int WithoutNews = 12;

    internal static async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        int count = run.Options.Connections!.Value;
        long start = Stopwatch.GetTimestamp();
        using var turns = new SemaphoreSlim(MaxOpening, MaxOpening);
        long available = OpenFiles.CountAvailable();
        Task<Attempt>[] opening = [.. Enumerable.Range(0, count).Select(number => OpenAsync(run, number < available, turns, stop))];
        try
        {
            Attempt[] attempts = await Task.WhenAll(opening).ConfigureAwait(false);
            TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
            Attempt[] failed = [.. attempts.Where(attempt => attempt.Failure is not null)];
            int open = count - failed.Length;
            SortedDictionary<long, long> spread = run.Info?.Index is null ? [] : await AskAsync(run.Dialer, stop).ConfigureAwait(false);
            await Task.WhenAll(attempts.Select(attempt => attempt.Link?.LeaveAsync(stop) ?? Task.CompletedTask)).ConfigureAwait(false);
            string instances = spread.Count > 0
                ? $"; open by instance: {string.Join(", ", spread.Select(it => $"{it.Key}: {it.Value}"))}"
                : "";
            string text = $"{open} of {count} open at once in {Times.Show(elapsed)}{instances}";
            Fact[] facts =
            [
                new("open", (long)open), new("failed", (long)failed.Length),
                new("byInstance", spread.Select(it => $"{it.Key}:{it.Value}").ToArray()),
            ];
            return failed.Length == 0 ? Finding.Pass(text, facts) : Finding.Fail($"{text}; {Kinds(failed)}", failed[0].Failure!.Fault, facts);
        }
        finally
        {
            Array.ForEach(opening, attempt => (attempt.IsCompletedSuccessfully ? attempt.Result.Link : null)?.Dispose());
        }
    }

    private static async Task<Attempt> OpenAsync(CheckRun run, bool hasDescriptor, SemaphoreSlim turns, CancellationToken stop)
    {
        if (!hasDescriptor)
        {
            return new(null, run.Dialer.Step(Stage.Connect).Failed(new SocketException((int)SocketError.TooManyOpenSockets)));
        }

        await turns.WaitAsync(stop).ConfigureAwait(false);
        EchoLink? link = null;
        try
        {
            link = await run.OpenAsync(stop).ConfigureAwait(false);
            await link.ProveAsync("one of many"u8.ToArray(), run.AnswersPings, stop).ConfigureAwait(false);
            link.Connection.GiveBackMemory();
            return new(link, null);
        }
        catch (ConnectionFailedException failure)
        {
            link?.Dispose();
            return new(null, failure);
        }
        finally
        {
            turns.Release();
        }
    }

    private static string Kinds(Attempt[] failed) => string.Join(", ", failed
        .GroupBy(attempt => attempt.Failure!.Finding)
        .OrderByDescending(group => group.Count())
        .Take(3)
        .Select(group => $"{group.Count()} failed: {group.Key}"));

    /// <summary>Asks again and again, because the router chooses the instance, until no new one turns up.</summary>
    private static async Task<SortedDictionary<long, long>> AskAsync(Dialer dialer, CancellationToken stop)
    {
        var open = new SortedDictionary<long, long>();
        for (int asked = 0, without = 0; asked < MaxAsked && without < WithoutNews; asked++)
        {
            ServerInfo? info;
            try
            {
                info = await ServerInfo.AskAsync(dialer, stop).ConfigureAwait(false);
            }
            catch (ConnectionFailedException)
            {
                // With so many connections open there may be none left for this: the others say enough.
                break;
            }

            if (info?.Index is not long index)
            {
                break;
            }

            without = open.ContainsKey(index) ? without + 1 : 0;
            open[index] = info.OpenConnections;
        }

        return open;
    }

    private sealed record Attempt(EchoLink? Link, ConnectionFailedException? Failure);
}
