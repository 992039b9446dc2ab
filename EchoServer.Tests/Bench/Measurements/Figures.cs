namespace EchoServer.Bench.Measurements;

/// <summary>What many short rounds come to.</summary>
/// <param name="Best">What the machine disturbed least: a neighbour only ever adds to a cost and takes from a rate.</param>
/// <param name="Median">The middle one, to show how much it was disturbed.</param>
internal sealed record Figures(double Best, double Median)
{
    public static Figures OfCosts(IEnumerable<double> values) => Of(values, Enumerable.Min);

    public static Figures OfRates(IEnumerable<double> values) => Of(values, Enumerable.Max);

    /// <summary>One figure by another; null when either was not measured.</summary>
    public static double? Ratio(double? figure, double? to) => figure is null || to is null or 0 ? null : figure / to;

    private static Figures Of(IEnumerable<double> values, Func<IEnumerable<double>, double> best)
    {
        double[] sorted = [.. values.Order()];
        if (sorted.Length == 0)
        {
            throw new ArgumentException("there is no figure without a round", nameof(values));
        }

        int middle = sorted.Length / 2;
        double median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Figures(best(sorted), median);
    }
}
