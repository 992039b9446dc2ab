using System.Text.Encodings.Web;
using System.Text.Json;
using EchoServer.Bench.Charts;

namespace EchoServer.Bench.Report;

internal static class ReportFiles
{
    private const string Markdown = "bench.md";
    private const string Json = "bench.json";
    private const string Picture = "bench.svg";

    // Readable in an editor: µ and × unescaped, because no HTML page includes the file.
    private static readonly JsonSerializerOptions JsonOptions = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string[] Names => [Markdown, Json, Picture];

    public static void Write(BenchReport report, string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, Markdown), ReportText.ForMarkdown(report));
        File.WriteAllText(Path.Combine(folder, Json), JsonSerializer.Serialize(report, JsonOptions) + "\n");
        File.WriteAllText(Path.Combine(folder, Picture), BarChart.Draw(report));
    }

    /// <summary>The pages that show a run, each with what of it they show.</summary>
    public static (string File, Func<BenchReport, string> Text)[] Pages =>
    [
        (Path.Combine(Folders.Project, "docs", "performance.md"), ReportText.ForPerformance),
        (Path.Combine(Folders.Project, "README.md"), ReportText.ForReadme),
    ];

    public static string Chart => Path.Combine(Folders.Project, "EchoServer.Tests", "Bench", "bench.svg");

    public static void WritePages(BenchReport report)
    {
        foreach ((string file, Func<BenchReport, string> text) in Pages)
        {
            File.WriteAllText(file, MarkedSection.Replace(File.ReadAllText(file), text(report)));
        }

        File.WriteAllText(Chart, BarChart.Draw(report));
    }
}
