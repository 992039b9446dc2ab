using EchoServer.Load.Report;
using EchoServer.Metrics;

namespace EchoServer.Load.Chart;

/// <summary>Notes the course of a run, for a chart: a bounded number of samples, however long it takes.</summary>
/// <param name="duration">The length of the run, if nothing ends it early.</param>
internal sealed class LoadSampler(TimeSpan duration)
{
    /// <summary>The most samples that are kept: enough for one each few pixels.</summary>
    internal const int MaxSamples = 256;

    private static readonly TimeSpan MinInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxInterval = TimeSpan.FromSeconds(1);

    private readonly List<LoadSample> _samples = [LoadSample.Start];
    private readonly TimeSpan _interval = new(Math.Clamp((duration / (MaxSamples / 2)).Ticks, MinInterval.Ticks, MaxInterval.Ticks));
    private LoadSample _last = LoadSample.Start;
    private int _merged = 1;
    private int _pending;

    /// <summary>The samples so far, after a first one of the start.</summary>
    internal IReadOnlyList<LoadSample> Samples => _samples;

    /// <summary>Samples a run until it is over.</summary>
    /// <returns>The result of the run.</returns>
    internal async Task<LoadResult> FollowAsync(LoadClient client, Task<LoadResult> run)
    {
        while (await Task.WhenAny(run, Task.Delay(_interval)).ConfigureAwait(false) != run)
        {
            Add(client.Sample());
        }

        LoadResult result = await run.ConfigureAwait(false);
        End(new LoadSample(result.Elapsed, result.Messages, result.Latency));
        return result;
    }

    /// <summary>Adds a sample. When there are too many, each two neighbours become one.</summary>
    internal void Add(LoadSample sample)
    {
        double rate = sample.RateSince(_last);
        _last = sample = WithRates(sample, rate);
        if (++_pending < _merged)
        {
            return;
        }

        _pending = 0;
        _samples.Add(sample);
        if (_samples.Count > MaxSamples)
        {
            LoadSample[] all = [.. _samples];
            _samples.Clear();
            _samples.AddRange(all.Where((_, i) => i % 2 == 0).Select((kept, i) => i == 0 ? kept : kept with
            {
                Lowest = Math.Min(kept.Lowest, all[(2 * i) - 1].Lowest),
                Highest = Math.Max(kept.Highest, all[(2 * i) - 1].Highest),
            }));
            _merged *= 2;
        }
    }

    /// <summary>Ends the course where the result does. A last stretch too short to be measured belongs to the one before it.</summary>
    internal void End(LoadSample result)
    {
        _samples.RemoveAll(sample => sample.At > result.At - (_interval / 2) && sample != LoadSample.Start);
        double rate = result.RateSince(_samples[^1]);
        _samples.Add(WithRates(result, rate));
    }

    private LoadSample WithRates(LoadSample sample, double rate) => _pending == 0
        ? sample with { Lowest = rate, Highest = rate }
        : sample with { Lowest = Math.Min(rate, _last.Lowest), Highest = Math.Max(rate, _last.Highest) };
}

/// <summary>A run at one moment after its start: the echoes or answers so far, and their latency.</summary>
/// <remarks>Lowest and highest are rates since the sample before, in messages a second: where samples were merged, not the average.</remarks>
internal sealed record LoadSample(TimeSpan At, long Messages, LatencyHistogram Latency, double Lowest = 0, double Highest = 0)
{
    internal static readonly LoadSample Start = new(TimeSpan.Zero, 0, new LatencyHistogram());

    /// <summary>Computes the messages a second since another sample; 0 where no time has passed.</summary>
    internal double RateSince(LoadSample before) => At > before.At ? (Messages - before.Messages) / (At - before.At).TotalSeconds : 0;
}
