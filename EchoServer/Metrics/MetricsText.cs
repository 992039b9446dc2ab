namespace EchoServer.Metrics;

/// <summary>What <c>GET /metrics</c> says: Prometheus text format 0.0.4.</summary>
/// <remarks>Without state: safe on any thread. No text of a client's is in it.</remarks>
internal static class MetricsText
{
    /// <summary>The format, as scrapers know it by.</summary>
    internal const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    internal static byte[] Write(ServerSnapshot snapshot)
    {
        var text = new StringBuilder();
        foreach (Instrument instrument in Instruments.All)
        {
            AppendHeader(text, instrument.Name, instrument.Type, instrument.Help);
            foreach (Sample sample in instrument.Read(snapshot))
            {
                AppendSample(text, instrument.Name, sample);
            }
        }

        AppendHistogram(text, snapshot.EchoTimes);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static void AppendHeader(StringBuilder text, string name, string type, string help) =>
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");

    private static void AppendSample(StringBuilder text, string name, Sample sample)
    {
        text.Append(name);
        if (sample.Labels is { Length: > 0 } labels)
        {
            text.Append('{').AppendJoin(',', labels.Select(label => $"{label.Name}=\"{label.Value}\"")).Append('}');
        }

        text.Append(' ').Append(Number(sample.Value)).Append('\n');
    }

    /// <summary>The buckets are cumulative: each counts the values up to its bound.</summary>
    private static void AppendHistogram(StringBuilder text, HistogramCounts histogram)
    {
        const string name = Instruments.EchoTimeName;
        AppendHeader(text, name, "histogram", Instruments.EchoTimeHelp);
        long count = 0;
        for (int bucket = 0; bucket < histogram.Buckets.Length; bucket++)
        {
            count += histogram.Buckets[bucket];
            string bound = bucket < histogram.UpperBounds.Length
                ? Number(histogram.UpperBounds[bucket])
                : "+Inf";
            text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{le=\"{bound}\"}} {count}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"{name}_sum {Number(histogram.Sum)}\n{name}_count {count}\n");
    }

    /// <summary>A number without an exponent: 0.00001.</summary>
    private static string Number(double value) => ((decimal)value).ToString(CultureInfo.InvariantCulture);
}
