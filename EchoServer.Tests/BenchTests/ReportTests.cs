using System.Xml.Linq;
using EchoServer.Bench.Charts;
using EchoServer.Bench.Report;
using EchoServer.Bench.Servers;

namespace EchoServer.Tests.BenchTests;

internal sealed class ReportTests
{
    [Test]
    public void A_table_is_aligned_on_a_terminal()
    {
        var table = new Table("Title", 1, "server", "µs");
        table.Add("a", "12.5");
        table.Add("longer name", "3");
        Assert.That(table.ToText(), Is.EqualTo(
            """
            Title
            server         µs
            -----------  ----
            a            12.5
            longer name     3

            """));
    }

    [Test]
    public void A_table_is_Markdown_with_figures_to_the_right()
    {
        var table = new Table("Title", 1, "server", "µs");
        table.Add("a | b", "12.5");
        Assert.That(table.ToMarkdown(), Is.EqualTo(
            """
            Title:

            | server | µs |
            |---|--:|
            | a \| b | 12.5 |

            """));
    }

    [Test]
    public void A_row_has_a_cell_for_each_column() =>
        Assert.That(() => new Table("Title", 1, "server", "µs").Add("a"), Throws.ArgumentException.With.Message.Contains("1 cells for 2 columns"));

    [Test]
    public void Costs_are_shown_beside_their_multiple_of_the_raw_echo() =>
        Assert.That(Tables.Cpu(SampleReport.Create()).ToMarkdown(), Does.Contain("| ours <&> | 3.00 (1.50) |"));

    [Test]
    public void What_was_not_measured_is_a_dash() =>
        Assert.That(Tables.Echoes(SampleReport.Create()).ToMarkdown(), Does.Contain("| 1,234,567 | 1,000,000 | 100 | 200 | 1.00 | 2.00 | – | 0 |"));

    [Test]
    public void What_the_page_on_performance_shows_is_the_beginning_of_the_Markdown()
    {
        string forPage = ReportText.ForPerformance(SampleReport.Create());
        string markdown = ReportText.ForMarkdown(SampleReport.Create());
        Assert.That(forPage, Does.Contain("2026-11-22, commit 0123456, ").And.Contain("10 rounds of 0.5 s").And.Contain("CPU microseconds"));
        Assert.That(markdown, Does.StartWith(forPage));
        Assert.That(markdown[forPage.Length..], Does.Contain("| Bun | left out | it is not installed |"));
    }

    [Test]
    public void README_says_the_run_in_two_sentences_with_a_dash_where_nothing_was_measured()
    {
        BenchReport report = SampleReport.Create();
        report.Idle.Add(new IdleEntry(ServerKinds.Cf, 10_000, 0, 20_000_000, 40_000_000));
        Assert.That(ReportText.ForReadme(report).Replace('\n', ' '), Is.EqualTo(
            "With 50 connections and messages of 64 bytes an echo costs the server 1.50 times the CPU time of a raw TCP echo in C; " +
            "Kestrel – times, and Node's `ws` – times. The first echo comes – ms after the start, the process has – MB then, and an idle connection adds 2.00 KB. "));
    }

    [Test]
    public void Each_page_that_shows_a_run_has_a_place_for_it_and_the_chart()
    {
        Assert.That(XElement.Load(ReportFiles.Chart).Name.LocalName, Is.EqualTo("svg"));
        foreach ((string file, Func<BenchReport, string> text) in ReportFiles.Pages)
        {
            string page = File.ReadAllText(file);
            string forPage = text(SampleReport.Create());
            string replaced = MarkedSection.Replace(page, forPage);
            Assert.That(replaced, Does.Contain(forPage));
            Assert.That(MarkedSection.Replace(replaced, forPage), Is.EqualTo(replaced));
            Assert.That(page, Does.Contain($"]({Path.GetRelativePath(Path.GetDirectoryName(file)!, ReportFiles.Chart)})"), file);
        }
    }

    [TestCase("no mark")]
    [TestCase(MarkedSection.Begin + "\n")]
    [TestCase(MarkedSection.End + "\n" + MarkedSection.Begin + "\n")]
    [TestCase(MarkedSection.Begin + "\n" + MarkedSection.Begin + "\n" + MarkedSection.End + "\n")]
    public void A_page_without_the_marks_is_left_alone(string page) => Assert.That(
        () => MarkedSection.Replace(page, "text"), Throws.InvalidOperationException.With.Message.Contains("must hold the lines"));

    [Test]
    public void The_chart_has_a_bar_with_its_figure_for_each_server_and_shape()
    {
        string[] words = Words(SampleReport.Create());
        Assert.That(words, Is.SupersetOf((string[])["50 connections × 64 B × 1 in flight", "raw", "1.00×", "ours <&>", "1.50×"]));
    }

    [Test]
    public void Without_the_raw_echo_the_chart_shows_microseconds()
    {
        BenchReport report = SampleReport.Create();
        report.Servers.RemoveAll(server => server.Key == ServerKinds.Raw);
        report.Echo.RemoveAll(entry => entry.Server == ServerKinds.Raw);
        Assert.That(Words(report), Has.Member("3.00 µs"));
    }

    [Test]
    public void A_figure_below_zero_is_a_bar_of_no_length()
    {
        BenchReport report = SampleReport.Create();
        report.Idle.Add(new IdleEntry(ServerKinds.Raw, 10_000, 0, 2_000_000, 1_000_000));
        report.Idle.Add(new IdleEntry(ServerKinds.Cf, 10_000, 0, 20_000_000, 40_000_000));
        XElement svg = XElement.Parse(BarChart.Draw(report));
        double[] lengths = [.. svg.Descendants().Where(element => element.Name.LocalName == "rect").Select(rectangle => (double)rectangle.Attribute("width")!)];
        Assert.That(lengths, Has.All.GreaterThanOrEqualTo(0));
        Assert.That(Words(report), Has.Member("-0.10 KB").And.Member("2.00 KB"));
    }

    [Test]
    public void A_report_without_an_echo_is_a_chart_all_the_same()
    {
        BenchReport report = SampleReport.Create();
        report.Echo.Clear();
        Assert.That(Words(report), Has.Some.Contains("What an echo costs"));
    }

    private static string[] Words(BenchReport report) =>
        [.. XElement.Parse(BarChart.Draw(report)).Descendants().Where(element => element.Name.LocalName == "text").Select(text => text.Value)];
}
