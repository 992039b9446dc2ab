namespace EchoServer.Metrics;

/// <summary>One number, or one for each set of labels, that can be asked for at any time.</summary>
/// <param name="Name">Its name in Prometheus. A counter's ends in <c>_total</c>: it only goes up, from 0 at the start.</param>
/// <param name="Help">What it means. One line, of letters that need no escape.</param>
/// <param name="Read">Gives the numbers.</param>
internal sealed record Instrument(string Name, string Help, Func<ServerSnapshot, IEnumerable<Sample>> Read)
{
    /// <summary>An instrument that shows one number, without labels.</summary>
    internal Instrument(string name, string help, Func<ServerSnapshot, double> read)
        : this(name, help, snapshot => [new Sample(read(snapshot))])
    {
    }

    /// <summary>The kind of number (Prometheus text format 0.0.4, TYPE).</summary>
    internal string Type => Name.EndsWith("_total", StringComparison.Ordinal) ? "counter" : "gauge";
}

/// <summary>One number of an instrument. The values of its labels are of letters that need no escape.</summary>
internal readonly record struct Sample(double Value, params (string Name, string Value)[] Labels);
