namespace EchoServer.Bench.Charts;

/// <summary>A linear scale from zero, with round numbers for its ticks.</summary>
internal sealed record Axis(double Step, double End)
{
    // Of seconds: what clocks and people count in.
    private static readonly double[] TimeSteps = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];

    public IEnumerable<double> Ticks => Enumerable.Range(0, (int)Math.Floor((End / Step) + 0.001) + 1).Select(number => number * Step);

    public static Axis ForValues(double highest, int mostTicks)
    {
        double wanted = Math.Max(highest, 1) * 1.08 / mostTicks;
        double magnitude = Math.Pow(10, Math.Floor(Math.Log10(wanted)));
        double step = new double[] { 1, 2, 5, 10 }.First(factor => factor * magnitude >= wanted) * magnitude;
        return new Axis(step, Math.Ceiling(highest * 1.08 / step) * step);
    }

    public static Axis ForTime(double seconds, int mostTicks) =>
        new(TimeSteps.FirstOrDefault(step => seconds / step <= mostTicks, TimeSteps[^1]), seconds);

    public static string Clock(double seconds) => $"{(int)seconds / 60}:{(int)seconds % 60:00}";
}
