using System.Text.Json;
using EchoServer.Diagnosis;
using EchoServer.Text;

namespace EchoServer.Check;

/// <summary>A check's results for machines: one JSON object. docs/check.md documents its names.</summary>
internal static class CheckJson
{
    /// <summary>Writes it.</summary>
    /// <returns>UTF-8.</returns>
    internal static byte[] Write(CheckSummary summary) => ReadableJson.WriteObject(ReadableJson.Indented, json => Write(json, summary));

    /// <summary>Writes a round of a watch in one line.</summary>
    /// <returns>UTF-8.</returns>
    internal static byte[] WriteLine(CheckSummary summary) => ReadableJson.WriteObject(ReadableJson.Compact, json =>
    {
        json.WriteString("time", Times.UtcNow());
        Write(json, summary);
    });

    /// <summary>Writes the summary of a watch in one line.</summary>
    /// <returns>UTF-8.</returns>
    internal static byte[] WriteLine(WatchSummary summary) => ReadableJson.WriteObject(ReadableJson.Compact, json =>
    {
        json.WriteNumber("durationSeconds", Seconds(summary.Elapsed));
        json.WriteNumber("rounds", summary.Rounds);
        json.WriteNumber("failedRounds", summary.FailedRounds);
        json.WriteStartArray("outageSeconds");
        foreach (TimeSpan outage in summary.Outages)
        {
            json.WriteNumberValue(Seconds(outage));
        }

        json.WriteEndArray();
        json.WriteBoolean("isFailing", summary.IsFailing);
    });

    private static double Seconds(TimeSpan time) => Math.Round(time.TotalSeconds, 3);

    private static void Write(Utf8JsonWriter json, CheckSummary summary)
    {
        json.WriteString("url", UrlText.Of(summary.Options.Connection.Url));
        json.WriteBoolean("ok", summary.IsFine);
        json.WriteNumber("durationSeconds", Seconds(summary.Elapsed));
        json.WriteNumber("passed", summary.Count(Outcome.Pass));
        json.WriteNumber("warned", summary.Count(Outcome.Warn));
        json.WriteNumber("failed", summary.Count(Outcome.Fail));
        json.WriteNumber("skipped", summary.Count(Outcome.Skip));
        json.WriteStartArray("probes");
        foreach (ProbeResult result in summary.Results)
        {
            Write(json, result);
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, ProbeResult result)
    {
        json.WriteStartObject();
        json.WriteString("name", result.Name);
        json.WriteBoolean("needsEcho", result.NeedsEcho);
        json.WriteString("outcome", result.Finding.Outcome.ToString().ToLowerInvariant());
        json.WriteNumber("durationMilliseconds", Math.Round(result.Elapsed.TotalMilliseconds, 3));
        json.WriteString("finding", result.Finding.Text);
        json.WriteString("cause", result.Finding.Fault?.Cause);
        json.WriteString("advice", result.Finding.Fault?.Advice);
        json.WriteStartObject("facts");
        foreach (Fact fact in result.Finding.Facts)
        {
            json.WritePropertyName(fact.Name);
            Write(json, fact.Value);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case long number:
                json.WriteNumberValue(number);
                break;
            case double number:
                json.WriteNumberValue(Math.Round(number, 3));
                break;
            case double[] numbers:
                json.WriteStartArray();
                Array.ForEach(numbers, number => json.WriteNumberValue(Math.Round(number, 3)));
                json.WriteEndArray();
                break;
            case string[] texts:
                json.WriteStartArray();
                Array.ForEach(texts, json.WriteStringValue);
                json.WriteEndArray();
                break;
            default:
                throw new InvalidOperationException($"a fact cannot be a {value.GetType()}");
        }
    }
}
