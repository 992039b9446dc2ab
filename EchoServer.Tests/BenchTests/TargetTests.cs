using EchoServer.Bench.Measurements;
using EchoServer.Bench.Report;
using EchoServer.Bench.Servers;
using Target = EchoServer.Bench.Report.Target;

namespace EchoServer.Tests.BenchTests;

internal sealed class TargetTests
{
    [TestCase(1.05, Target.StretchIsMet)]
    [TestCase(1.06, Target.MustIsMet)]
    [TestCase(1.6, Target.MustIsMet)]
    [TestCase(1.601, Target.Missed)]
    [TestCase(null, Target.NotMeasured)]
    public void At_most_is_met_up_to_the_bound(double? value, string verdict) =>
        Assert.That(Judge(new Target("figure", 1.6, 1.05, number => $"{number}x"), value).Verdict, Is.EqualTo(verdict));

    [TestCase(2, Target.MustIsMet)]
    [TestCase(1.99, Target.Missed)]
    public void At_least_is_met_from_the_bound_on(double value, string verdict) =>
        Assert.That(Judge(new Target("figure", 2, null, number => $"{number}x") { IsAtLeast = true }, value).Verdict, Is.EqualTo(verdict));

    [Test]
    public void A_run_is_judged_by_the_best_of_each_servers_rounds()
    {
        BenchReport report = SampleReport.Create();
        TargetEntry target = Targets.Judge(report).First(entry => entry.Figure.Contains("raw TCP echo, 50 × 64 B × 1", StringComparison.Ordinal));
        Assert.That((target.Must, target.Stretch), Is.EqualTo(("at most 1.6x", "at most 1.05x")));
        Assert.That(target.Measured, Is.EqualTo(
            [
                new TargetMeasurement(ServerKinds.Cf, 1.5, "1.5x", Target.MustIsMet),
                new TargetMeasurement(ServerKinds.Dotnet, null, "–", Target.NotMeasured),
            ]));
    }

    [Test]
    public void What_both_builds_must_reach_is_not_reached_by_one_of_them()
    {
        BenchReport report = SampleReport.Create();
        report.Targets.Add(new TargetEntry("figure", "must", "", [Measured(Target.StretchIsMet), Measured(Target.Missed)]));
        report.Targets.Add(new TargetEntry("figure", "must", "", [Measured(Target.StretchIsMet), Measured(Target.MustIsMet)]));
        string[] lines = Tables.Targets(report).ToText().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines[^2], Does.EndWith(" missed"));
        Assert.That(lines[^1], Does.EndWith(" must"));
    }

    [Test]
    public void Every_shape_has_a_target_against_every_yardstick()
    {
        string[] figures = [.. Targets.Judge(SampleReport.Create()).Select(target => target.Figure)];
        foreach (string yardstick in (string[])["the raw TCP echo", "Node ws", "Bun", "Kestrel"])
        {
            Assert.That(figures, Is.SupersetOf(EchoShape.All.Select(shape => $"CPU per message against {yardstick}, {shape.Name}")));
        }
    }

    private static TargetMeasurement Measured(string verdict) => new(ServerKinds.Cf, 1, "1x", verdict);

    private static TargetMeasurement Judge(Target target, double? value) => target.Judge([ServerKinds.Cf], _ => value).Measured[0];
}
