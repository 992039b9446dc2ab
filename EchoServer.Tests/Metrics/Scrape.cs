namespace EchoServer.Tests.Metrics;

/// <summary>The samples of one answer of <c>/metrics</c>, by name and labels as they stand there.</summary>
internal sealed class Scrape(string text)
{
    private readonly Dictionary<string, double> _samples = text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Where(line => line[0] != '#')
        .Select(line => (Space: line.LastIndexOf(' '), Line: line))
        .ToDictionary(entry => entry.Line[..entry.Space], entry => double.Parse(entry.Line[entry.Space..], CultureInfo.InvariantCulture));

    public string Text => text;

    /// <summary>A sample, such as <c>a_total{code="1000"}</c>; without the name's <c>echo_server_</c>.</summary>
    public double this[string sample] => _samples[$"echo_server_{sample}"];

    public IEnumerable<KeyValuePair<string, double>> Counters => _samples.Where(sample => IsCounter(sample.Key.Split('{')[0]));

    public static Scrape Of(int port)
    {
        HttpReply reply = HttpReply.Get(port, "/metrics");
        Assert.That(reply.Status, Is.EqualTo(200));
        return new Scrape(reply.Text);
    }

    /// <summary>The samples of one name that are not 0, as <c>label=value</c>, or <c>label label=value</c>.</summary>
    public string[] NotZero(string name) =>
        [.. _samples.Where(sample => sample.Key.StartsWith($"echo_server_{name}{{", StringComparison.Ordinal) && sample.Value != 0)
            .Select(sample => $"{string.Join(' ', sample.Key.Split('"').Where((_, part) => part % 2 == 1))}={sample.Value}")];

    private static bool IsCounter(string name) =>
        name.EndsWith("_total", StringComparison.Ordinal) || name.EndsWith("_bucket", StringComparison.Ordinal) ||
        name.EndsWith("_count", StringComparison.Ordinal) || name.EndsWith("_sum", StringComparison.Ordinal);
}
