namespace EchoServer.Bench.Charts;

/// <summary>A linear scale from zero, with round numbers for its ticks.</summary>
/// <param name="Step">From tick to tick.</param>
/// <param name="End">The highest value.</param>
internal sealed record Axis(double Step, double End)
{
    // Of seconds: what clocks and people count in.
    private static readonly double[] TimeSteps = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];

    public IEnumerable<double> Ticks => Enumerable.Range(0, (int)Math.Floor((End / Step) + 0.001) + 1).Select(number => number * Step);

    /// <summary>Up to the next tick above the highest value, with a little room.</summary>
    public static Axis ForValues(double highest, int mostTicks)
    {
        double wanted = Math.Max(highest, 1) * 1.08 / mostTicks;
        double magnitude = Math.Pow(10, Math.Floor(Math.Log10(wanted)));
        double step = new double[] { 1, 2, 5, 10 }.First(factor => factor * magnitude >= wanted) * magnitude;
        return new Axis(step, Math.Ceiling(highest * 1.08 / step) * step);
    }

    /// <summary>Seconds, up to the last sample.</summary>
    public static Axis ForTime(double seconds, int mostTicks) =>
        new(TimeSteps.FirstOrDefault(step => seconds / step <= mostTicks, TimeSteps[^1]), seconds);

    /// <summary>A time as minutes and seconds.</summary>
    public static string Clock(double seconds) => $"{(int)seconds / 60}:{(int)seconds % 60:00}";
}
