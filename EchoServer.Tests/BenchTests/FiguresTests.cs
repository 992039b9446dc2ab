using EchoServer.Bench.Measurements;

namespace EchoServer.Tests.BenchTests;

internal sealed class FiguresTests
{
    [Test]
    public void The_best_of_costs_is_the_least_and_of_rates_the_highest()
    {
        double[] values = [5, 3, 9, 4];
        Assert.That(Figures.OfCosts(values).Best, Is.EqualTo(3));
        Assert.That(Figures.OfRates(values).Best, Is.EqualTo(9));
    }

    [TestCase(new double[] { 7 }, 7)]
    [TestCase(new double[] { 9, 1, 5 }, 5)]
    [TestCase(new double[] { 9, 1, 5, 6 }, 5.5)]
    public void The_median_is_the_middle_one_or_lies_between_the_two_in_the_middle(double[] values, double median)
    {
        Assert.That(Figures.OfCosts(values).Median, Is.EqualTo(median));
        Assert.That(Figures.OfRates(values).Median, Is.EqualTo(median));
    }

    [Test]
    public void There_is_no_figure_without_a_round() =>
        Assert.That(() => Figures.OfCosts([]), Throws.ArgumentException.With.Message.Contains("without a round"));

    [TestCase(6, 4, 1.5)]
    [TestCase(null, 4, null)]
    [TestCase(6, null, null)]
    [TestCase(6, 0, null)]
    public void A_ratio_needs_both_figures(double? figure, double? to, double? ratio) =>
        Assert.That(Figures.Ratio(figure, to), Is.EqualTo(ratio));

    [Test]
    public void A_round_costs_its_CPU_by_its_messages()
    {
        var round = new Round(Count: 2_000, Errors: 0, TimeSpan.FromSeconds(0.5), TimeSpan.FromMilliseconds(10));
        Assert.That((round.CpuEach, round.Rate), Is.EqualTo((5.0, 4_000.0)));
    }
}
