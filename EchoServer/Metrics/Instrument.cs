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
/// <param name="Name">Its name in Prometheus.</param>
/// <param name="Kind">What kind of number it is.</param>
/// <param name="Help">What it means. One line, of letters that need no escape.</param>
/// <param name="Read">Gives the numbers.</param>
internal sealed record Instrument(
    string Name, InstrumentKind Kind, string Help, Func<ServerSnapshot, IEnumerable<Sample>> Read)
{
    /// <summary>An instrument that shows one number, without labels.</summary>
    internal Instrument(string name, InstrumentKind kind, string help, Func<ServerSnapshot, double> read)
        : this(name, kind, help, snapshot => [new Sample(read(snapshot))])
    {
    }
}

/// <summary>One number of an instrument.</summary>
/// <param name="Value">The number.</param>
/// <param name="Labels">Its labels; the values are of letters that need no escape.</param>
internal readonly record struct Sample(double Value, params (string Name, string Value)[] Labels);
