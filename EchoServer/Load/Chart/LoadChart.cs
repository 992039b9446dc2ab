using EchoServer.Diagnosis;
using EchoServer.Load.Report;
using EchoServer.Metrics;
using static System.FormattableString;

namespace EchoServer.Load.Chart;

/// <summary>Draws the course of a run: messages a second, and below them the latency, over the same time.</summary>
internal static class LoadChart
{
    private const int Width = 960;
    private const int Height = 600;
    private const double Left = 84;
    private const double Right = Width - 24;
    private const double PanelHeight = 180;
    private const double RateTop = 112;
    private const double LatencyTop = 362;
    private const int MaxTitleCharacters = 84;
    private const int MaxTimeTicks = 12;
    private const int MaxRateTicks = 5;

    // What clocks and people count in, from a tenth of a second to a day.
    private static readonly double[] TimeSteps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];

    /// <summary>Draws it from samples that begin at the start of the run.</summary>
    /// <returns>An SVG in UTF-8.</returns>
    internal static byte[] Draw(LoadReport report, IReadOnlyList<LoadSample> samples)
    {
        var svg = new Svg(Width, Height);
        string title = $"Load on {UrlText.Shown(report.Options.Connection.Url)}";
        svg.Text(Left, 40, title.Length > MaxTitleCharacters ? $"{title[..MaxTitleCharacters]}..." : title, "title");
        svg.Text(Left, 62, Invariant($"{report.Client.Opened:N0} connections; {LoadReportText.Load(report.Options)}; {report.Client.Errors.Total:N0} errors"));
        double seconds = Math.Max(samples[^1].At.TotalSeconds, 0.001);
        DrawRates(svg, samples, seconds, report.Options.ExpectsEcho ? "Echoes" : "Answers");
        DrawLatency(svg, samples, seconds, report.IsLatencyKnown ? null : LoadReportText.Unknown(report));
        svg.Text((Left + Right) / 2, Height - 14, seconds <= 120 ? "seconds since the start of the run" : "minutes:seconds since the start of the run", anchor: "middle");
        return svg.ToBytes();
    }

    private static void DrawRates(Svg svg, IReadOnlyList<LoadSample> samples, double seconds, string what)
    {
        (double X, LoadSample Sample, double Rate)[] points =
            [.. samples.Zip(samples.Skip(1), (before, sample) => (X(Middle(before, sample), seconds), sample, sample.RateSince(before)))];
        double highest = Math.Max(samples.Max(sample => sample.Highest), 1);
        double step = RoundUp(highest / MaxRateTicks);
        double end = Math.Ceiling(highest / step) * step;
        svg.Text(Left, RateTop - 14, $"{what} a second", "head");
        for (double rate = 0; rate <= end; rate += step)
        {
            DrawLevel(svg, Y(rate), Invariant($"{rate:#,0.##}"));
        }

        DrawTimes(svg, RateTop, seconds);
        if (points.Any(point => point.Sample.Highest > point.Sample.Lowest))
        {
            // Samples were merged: an outage of a second is seen in an hour as well.
            svg.Text(Right, RateTop - 14, "line: average; area: from the slowest to the fastest part", anchor: "end");
            IEnumerable<(double, double)> upper = points.Select(point => (point.X, Y(point.Sample.Highest)));
            svg.Curve([.. upper, .. points.Select(point => (point.X, Y(point.Sample.Lowest))).Reverse()], "band", isArea: true);
        }

        svg.Curve(points.Select(point => (point.X, Y(point.Rate))), "rate");

        double Y(double rate) => RateTop + PanelHeight - (rate / end * PanelHeight);
    }

    private static void DrawLatency(Svg svg, IReadOnlyList<LoadSample> samples, double seconds, string? unknown)
    {
        svg.Text(Left, LatencyTop - 14, "Latency in milliseconds, on a logarithmic scale", "head");
        DrawTimes(svg, LatencyTop, seconds);
        (double X, LatencyHistogram Latency)[] stretches =
            [.. samples.Zip(samples.Skip(1), (before, sample) => (X(Middle(before, sample), seconds), sample.Latency.Since(before.Latency)))];
        double[] all = [.. stretches.Where(it => it.Latency.Count > 0).SelectMany(it => (double[])[Milliseconds(it.Latency, 50), Milliseconds(it.Latency, 99)])];
        if (unknown is not null || all.Length == 0)
        {
            svg.Text((Left + Right) / 2, LatencyTop + (PanelHeight / 2), unknown ?? "not known: no echo came", anchor: "middle");
            return;
        }

        int lowest = (int)Math.Floor(Math.Log10(all.Min()));
        int highest = Math.Max((int)Math.Ceiling(Math.Log10(all.Max())), lowest + 1);
        for (int decade = lowest; decade <= highest; decade++)
        {
            double milliseconds = Math.Pow(10, decade);
            DrawLevel(svg, Y(milliseconds), Invariant($"{milliseconds:#,0.#####}"));
        }

        foreach ((double percent, string look, double x) in ((double, string, double)[])[(50, "p50", Right - 120), (99, "p99", Right - 50)])
        {
            svg.Line(x, LatencyTop - 18, x + 20, LatencyTop - 18, look);
            svg.Text(x + 26, LatencyTop - 14, look);
            foreach (IEnumerable<(double, double)> line in Unbroken(stretches, percent))
            {
                svg.Curve(line, look);
            }
        }

        // Without a message there is no latency: the line has a gap. A point by itself is drawn as a short line.
        IEnumerable<IEnumerable<(double, double)>> Unbroken((double X, LatencyHistogram Latency)[] stretches, double percent)
        {
            for (int start = 0; start < stretches.Length;)
            {
                (double X, double Y)[] line =
                    [.. stretches.Skip(start).TakeWhile(it => it.Latency.Count > 0).Select(it => (it.X, Y(Milliseconds(it.Latency, percent))))];
                start += line.Length + 1;
                if (line is [var only])
                {
                    line = [(only.X - 1, only.Y), (only.X + 1, only.Y)];
                }

                if (line.Length > 0)
                {
                    yield return line;
                }
            }
        }

        double Y(double milliseconds) => LatencyTop + PanelHeight - ((Math.Log10(milliseconds) - lowest) / (highest - lowest) * PanelHeight);
    }

    private static void DrawLevel(Svg svg, double y, string label)
    {
        svg.Line(Left, y, Right, y, "grid");
        svg.Text(Left - 8, y + 4, label, anchor: "end");
    }

    private static void DrawTimes(Svg svg, double top, double seconds)
    {
        double step = TimeSteps.FirstOrDefault(step => seconds / step <= MaxTimeTicks, TimeSteps[^1]);
        for (double time = 0; time <= seconds + (step / 100); time += step)
        {
            double x = X(time, seconds);
            svg.Line(x, top + PanelHeight, x, top + PanelHeight + 5, "axis");
            svg.Text(x, top + PanelHeight + 20, seconds <= 120 ? Invariant($"{time:0.#}") : Invariant($"{(int)(time / 60)}:{(int)Math.Round(time % 60):00}"), anchor: "middle");
        }

        svg.Line(Left, top + PanelHeight, Right, top + PanelHeight, "axis");
    }

    private static double X(double time, double seconds) => Left + (time / seconds * (Right - Left));

    private static double Middle(LoadSample before, LoadSample sample) => (before.At + sample.At).TotalSeconds / 2;

    // A time of 0 has no logarithm.
    private static double Milliseconds(LatencyHistogram latency, double percent) => Math.Max(latency.Percentile(percent).TotalMilliseconds, 0.0001);

    /// <summary>Returns the next of 1, 2, 5, 10, 20 and so on.</summary>
    private static double RoundUp(double value)
    {
        double magnitude = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return new double[] { 1, 2, 5, 10 }.First(factor => factor * magnitude >= value * 0.999999) * magnitude;
    }
}
