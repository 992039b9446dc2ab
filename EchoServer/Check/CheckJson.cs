using EchoServer.Diagnosis;
using JsonMembers = (string Name, object? Value)[];

namespace EchoServer.Check;

/// <summary>A check's results for machines: one JSON object. docs/check.md documents its names.</summary>
internal static class CheckJson
{
    internal static byte[] Write(CheckSummary summary) => ReadableJson.Write(ReadableJson.Indented, Of(summary));

    internal static byte[] WriteLine(CheckSummary summary) =>
        ReadableJson.Write(ReadableJson.Compact, [("time", Times.UtcNow()), .. Of(summary)]);

    internal static byte[] WriteLine(WatchSummary summary) => ReadableJson.Write(
        ReadableJson.Compact,
        [
            ("durationSeconds", Seconds(summary.Elapsed)),
            ("rounds", summary.Rounds),
            ("failedRounds", summary.FailedRounds),
            ("outageSeconds", summary.Outages.Select(Seconds)),
            ("isFailing", summary.IsFailing),
        ]);

    private static JsonMembers Of(CheckSummary summary) =>
    [
        ("url", UrlText.Of(summary.Options.Connection.Url)),
        ("ok", summary.IsFine),
        ("durationSeconds", Seconds(summary.Elapsed)),
        ("passed", summary.Count(Outcome.Pass)),
        ("warned", summary.Count(Outcome.Warn)),
        ("failed", summary.Count(Outcome.Fail)),
        ("skipped", summary.Count(Outcome.Skip)),
        ("probes", summary.Results.Select(Of)),
    ];

    private static JsonMembers Of(ProbeResult result) =>
    [
        ("name", result.Name),
        ("needsEcho", result.NeedsEcho),
        ("outcome", result.Finding.Outcome.ToString().ToLowerInvariant()),
        ("durationMilliseconds", Rounded(result.Elapsed.TotalMilliseconds)),
        ("finding", result.Finding.Text),
        ("cause", result.Finding.Fault?.Cause),
        ("advice", result.Finding.Fault?.Advice),
        ("facts", result.Finding.Facts.Select(fact => (fact.Name, Rounded(fact.Value))).ToArray()),
    ];

    private static double Seconds(TimeSpan time) => Rounded(time.TotalSeconds);

    private static double Rounded(double number) => Math.Round(number, 3);

    private static object? Rounded(object? value) => value switch
    {
        double number => Rounded(number),
        double[] numbers => Array.ConvertAll(numbers, Rounded),
        _ => value,
    };
}
