namespace EchoServer.Metrics;

/// <summary>What kind of number an instrument shows (Prometheus text format 0.0.4, TYPE).</summary>
internal enum InstrumentKind
{
    /// <summary>It only goes up, from 0 at the start.</summary>
    Counter,

    /// <summary>It goes up and down.</summary>
    Gauge,
}

/// <summary>One number, or one for each set of labels, that can be asked for at any time.</summary>
/// <param name="Name">Its name, to Prometheus and to a meter alike.</param>
/// <param name="Kind">What kind of number it is.</param>
/// <param name="Unit">The unit in UCUM, as meters name it.</param>
/// <param name="Help">What it means. One line, of letters that need no escape.</param>
/// <param name="Read">Gives the numbers.</param>
internal sealed record Instrument(
    string Name, InstrumentKind Kind, string Unit, string Help, Func<ServerSnapshot, IEnumerable<Sample>> Read)
{
    /// <summary>An instrument that shows one number, without labels.</summary>
    internal Instrument(string name, InstrumentKind kind, string unit, string help, Func<ServerSnapshot, double> read)
        : this(name, kind, unit, help, snapshot => [new Sample(read(snapshot))])
    {
    }
}

/// <summary>One number of an instrument.</summary>
/// <param name="Value">The number.</param>
/// <param name="Labels">Its labels; the values are of letters that need no escape.</param>
internal readonly record struct Sample(double Value, params KeyValuePair<string, object?>[] Labels)
{
    internal static Sample Of(double value, string label, string labelValue) => new(value, new KeyValuePair<string, object?>(label, labelValue));
}
