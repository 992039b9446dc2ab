using System.Text.Encodings.Web;
using System.Text.Json;
using EchoServer.Bench.Charts;

namespace EchoServer.Bench.Report;

/// <summary>A report as files.</summary>
internal static class ReportFiles
{
    private const string Markdown = "bench.md";
    private const string Json = "bench.json";
    private const string Picture = "bench.svg";

    // A file that people look into: µ and × as they are. It is no part of a page.
    private static readonly JsonSerializerOptions JsonOptions = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Their names.</summary>
    public static string[] Names => [Markdown, Json, Picture];

    /// <summary>Writes all of them.</summary>
    public static void Write(BenchReport report, string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, Markdown), ReportText.ForMarkdown(report));
        File.WriteAllText(Path.Combine(folder, Json), JsonSerializer.Serialize(report, JsonOptions) + "\n");
        File.WriteAllText(Path.Combine(folder, Picture), BarChart.Draw(report));
    }

    /// <summary>Puts the tables and the chart where README shows them.</summary>
    /// <exception cref="InvalidOperationException">README has no place for them.</exception>
    public static void WriteReadme(BenchReport report)
    {
        string readme = File.ReadAllText(ReadmeSection.File);
        File.WriteAllText(ReadmeSection.File, ReadmeSection.Replace(readme, ReportText.ForReadme(report)));
        File.WriteAllText(ReadmeSection.Chart, BarChart.Draw(report));
    }
}
