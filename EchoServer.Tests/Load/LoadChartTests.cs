using System.Xml.Linq;
using EchoServer.Load;
using EchoServer.Load.Chart;
using EchoServer.Load.Report;
using EchoServer.Metrics;

namespace EchoServer.Tests.Load;

/// <summary>The samples of a run, and the picture of them.</summary>
internal sealed class LoadChartTests
{
    private const int Rate = 500;

    [Test]
    public void The_samples_of_a_run_are_bounded_and_lose_no_message_and_no_outage([Values(10, 257, 36_000)] int seconds)
    {
        IReadOnlyList<LoadSample> samples = Sample(seconds, outageAt: seconds / 2);
        Assert.That(samples, Has.Count.LessThanOrEqualTo(LoadSampler.MaxSamples).And.Count.GreaterThan(Math.Min(seconds, LoadSampler.MaxSamples / 2)));
        Assert.That(samples.Select(sample => sample.At), Is.Ordered.And.Unique);
        Assert.That((samples[^1].At.TotalSeconds, samples[^1].Messages), Is.EqualTo((seconds, (long)(seconds - 1) * Rate)));
        Assert.That(samples.Skip(1).Select(sample => sample.Lowest), Has.Exactly(1).Zero.And.Exactly(samples.Count - 2).EqualTo(Rate));
        Assert.That(samples.Skip(1).Select(sample => sample.Highest).Max(), Is.EqualTo(Rate));
    }

    [Test]
    public void The_picture_is_small_and_well_formed([Values(2, 10, 36_000)] int seconds)
    {
        XDocument svg = Draw("ws://me:geheim@host/<&\"'>?x=]]>", Sample(seconds, seconds / 2), out int bytes);
        Assert.That(bytes, Is.LessThan(32 * 1024));
        string[] texts = Texts(svg);
        Assert.That(texts[0], Is.EqualTo("Load on ws://...@host/%3C&%22'%3E?x=]]%3E"));
        Assert.That(texts, Has.Member("Echoes a second").And.Member("Latency in milliseconds, on a logarithmic scale")
            .And.Member($"{(seconds > 120 ? "minutes:seconds" : "seconds")} since the start of the run").And.Member("500").And.Member("10"));
        Assert.That(svg.ToString(), Does.Not.Contain("geheim").And.Not.Contain("NaN").And.Not.Contain("∞").And.Not.Contain("Infinity"));
    }

    [Test]
    public void A_line_has_a_gap_where_there_was_no_echo()
    {
        XDocument svg = Draw("ws://host", Sample(10, outageAt: 5), out _);
        Assert.That(string.Join(' ', Lines(svg, "p50").Select(points => points.Length)), Is.EqualTo("5 4"));
        Assert.That(Lines(svg, "rate").Single(), Has.Length.EqualTo(10));
    }

    [Test]
    public void A_run_without_an_echo_has_no_latency()
    {
        XDocument svg = Draw("ws://host", [LoadSample.Start, new LoadSample(TimeSpan.FromSeconds(1), 0, new LatencyHistogram())], out _);
        Assert.That(Texts(svg), Has.Member("not known: no echo came right"));
        Assert.That(Lines(svg, "p50"), Is.Empty);
    }

    [Test]
    public async Task The_course_of_a_run_ends_with_its_result()
    {
        await using var client = new LoadClient(LoadAgainst.Options(SharedServers.Large.Url()) with { Connections = 2 });
        await client.ConnectAsync();
        var duration = TimeSpan.FromSeconds(0.5);
        var sampler = new LoadSampler(duration);
        LoadResult result = await sampler.FollowAsync(client, client.RunAsync(duration));
        await client.CloseAsync();
        Assert.That((sampler.Samples[^1].At, sampler.Samples[^1].Messages), Is.EqualTo((result.Elapsed, result.Messages)));
        Assert.That(sampler.Samples.Select(sample => sample.At), Is.Ordered.And.Unique);
        Assert.That(sampler.Samples.Select(sample => sample.Messages), Is.Ordered);
    }

    private static IReadOnlyList<LoadSample> Sample(int seconds, int outageAt)
    {
        var sampler = new LoadSampler(TimeSpan.FromSeconds(seconds));
        var latency = new LatencyHistogram();
        for (int second = 0; second < seconds; second++)
        {
            for (int i = 0; i < Rate && second != outageAt; i++)
            {
                latency.Record(TimeSpan.FromMilliseconds(1 + (i / 10.0)));
            }

            var copy = new LatencyHistogram();
            copy.Add(latency);
            var sample = new LoadSample(TimeSpan.FromSeconds(second + 1), copy.Count, copy);
            if (second < seconds - 1)
            {
                sampler.Add(sample);
            }
            else
            {
                sampler.End(sample);
            }
        }

        return sampler.Samples;
    }

    private static XDocument Draw(string url, IReadOnlyList<LoadSample> samples, out int bytes)
    {
        var options = LoadAgainst.Options(new Uri(url));
        LoadSample end = samples[^1];
        byte[] svg = LoadChart.Draw(new LoadReport(options, new LoadClient(options), new LoadResult(end.Messages, 0, end.At, end.Latency, 0), 0), samples);
        bytes = svg.Length;
        return XDocument.Load(new MemoryStream(svg));
    }

    private static string[] Texts(XDocument svg) => [.. svg.Descendants().Where(element => element.Name.LocalName == "text").Select(element => element.Value)];

    private static string[][] Lines(XDocument svg, string look) =>
        [.. svg.Descendants().Where(element => element.Name.LocalName == "polyline" && (string?)element.Attribute("class") == look)
            .Select(element => element.Attribute("points")!.Value.Split(' '))];
}
