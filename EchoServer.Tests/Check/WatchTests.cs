using EchoServer.Check;
using EchoServer.Connect;
using EchoServer.Diagnosis;

namespace EchoServer.Tests.Check;

/// <summary>Rounds of a watch: only changes are reported, and the summary counts all.</summary>
internal sealed class WatchTests
{
    private static readonly Finding Fine = Finding.Pass("open");

    private static readonly CheckOptions Options = new() { TypedUrl = "ws://host", Connection = new ConnectionOptions { Url = new Uri("ws://host") } };

    [Test]
    public async Task Only_changes_are_reported_and_the_summary_counts_all()
    {
        (WatchSummary? summary, string[] reports) = await RunAsync(
            Options, Fine, Fine, Failed("refused 1"), Failed("refused 2"), Failed("lost"), Fine, Finding.Skip("not asked"), Fine, Failed("lost"));
        Assert.That(string.Join("; ", reports), Is.EqualTo("Pass open; Fail refused 1; Fail lost; Pass open again; Fail lost"));
        Assert.That((summary!.Rounds, summary.FailedRounds, summary.Outages.Count, summary.IsFailing), Is.EqualTo((9, 4, 2, true)));
        Assert.That(summary.Line(), Does.Match("^watched for .*: 9 rounds, 4 failed; 2 outages of .* in all, the longest of .*, and it still fails$"));
    }

    [Test]
    public async Task A_watch_without_failures_says_so()
    {
        (WatchSummary? summary, string[] reports) = await RunAsync(Options, Fine);
        Assert.That(string.Join("; ", reports), Is.EqualTo("Pass open"));
        Assert.That((summary!.Rounds, summary.FailedRounds, summary.Outages.Count), Is.EqualTo((1, 0, 0)));
        Assert.That(summary.Line(), Does.Match("^watched for .*: 1 round, 0 failed$"));
    }

    [TestCase(false, 0)]
    [TestCase(true, 1)]
    public async Task A_warning_is_a_change_and_fails_a_round_only_when_strict(bool isStrict, int failed)
    {
        (WatchSummary? summary, string[] reports) = await RunAsync(
            Options with { IsStrict = isStrict }, Fine, Finding.Warn("odd", new Fault("odd", "mend it")), Fine);
        Assert.That(string.Join("; ", reports), Is.EqualTo($"Pass open; Warn odd; Pass open{(isStrict ? " again" : "")}"));
        Assert.That(summary!.FailedRounds, Is.EqualTo(failed));
    }

    [Test]
    public async Task Stopped_in_its_first_round_it_has_no_summary() =>
        Assert.That((await RunAsync(Options)).Summary, Is.Null);

    /// <summary>Runs rounds with these findings, and is stopped in the round behind them.</summary>
    private static async Task<(WatchSummary? Summary, string[] Reports)> RunAsync(CheckOptions options, params Finding[] findings)
    {
        using var stop = new CancellationTokenSource();
        List<string> reports = [];
        int round = 0;
        var watch = new Watch(
            options,
            TimeSpan.FromMilliseconds(1),
            token =>
            {
                if (round == findings.Length)
                {
                    stop.Cancel();
                    token.ThrowIfCancellationRequested();
                }

                return Task.FromResult<IReadOnlyList<ProbeResult>>([new("upgrade", findings[round++], TimeSpan.Zero)]);
            },
            (summary, changed) => reports.AddRange(changed.Select(result =>
                $"{result.Finding.Outcome} {result.Finding.Text}{(summary.Outage is null ? "" : " again")}")));
        return (await watch.RunAsync(stop.Token), [.. reports]);
    }

    private static Finding Failed(string cause) => Finding.Fail(cause, new Fault(cause, "mend it"));
}
