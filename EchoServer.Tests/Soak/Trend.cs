namespace EchoServer.Tests.Soak;

/// <summary>Whether a quantity went up over the second half of the load.</summary>
/// <remarks>
/// The rule: the median of the last quarter may exceed the median of the third by 8 %, or by the quantity's tolerance where that
/// is more. The first half is left out because caches fill and code is compiled in it. Medians, because single samples catch a
/// burst or a collection. Of a sawtooth, each sample is replaced by the lowest value around it: what a collection left.
/// </remarks>
internal sealed record Trend(Quantity Quantity, double Third, double Last)
{
    private const double Share = 0.08;

    // To each side, in samples: at most this, and in a short run less than a quarter. A collection comes every few seconds.
    private const int MaxSawtoothReach = 10;

    /// <summary>The highest median of the last quarter that still counts as level.</summary>
    public double Allowed => Third + Math.Max(Third * Share, Quantity.Tolerance);

    public bool IsUpward => Last > Allowed;

    public static Trend Of(Quantity quantity, IReadOnlyList<Sample> samples)
    {
        double[] values = [.. samples.Select(quantity.Value)];
        if (quantity.IsSawtooth)
        {
            values = Floor(values);
        }

        int half = values.Length / 2;
        int lastQuarter = values.Length * 3 / 4;
        return new Trend(quantity, Median(values[half..lastQuarter]), Median(values[lastQuarter..]));
    }

    public override string ToString() =>
        $"{Quantity.Name}: {Quantity.Format(Third)} in the third quarter, {Quantity.Format(Last)} in the last, "
        + $"at most {Quantity.Format(Allowed)}{(IsUpward ? ": IT GROWS" : "")}";

    private static double[] Floor(double[] values)
    {
        int reach = Math.Min(MaxSawtoothReach, values.Length / 6);
        return [.. values.Select((_, at) => values[Math.Max(0, at - reach)..Math.Min(values.Length, at + reach + 1)].Min())];
    }

    private static double Median(double[] values) => values.Order().ElementAtOrDefault(values.Length / 2);
}
