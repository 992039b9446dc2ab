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

    public static void WriteReadme(BenchReport report)
    {
        string readme = File.ReadAllText(ReadmeSection.File);
        File.WriteAllText(ReadmeSection.File, ReadmeSection.Replace(readme, ReportText.ForReadme(report)));
        File.WriteAllText(ReadmeSection.Chart, BarChart.Draw(report));
    }
}
