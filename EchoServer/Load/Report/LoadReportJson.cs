using System.Text.Json;
using EchoServer.Diagnosis;
using EchoServer.Load.Opening;
using EchoServer.Metrics;
using EchoServer.Text;
using EchoServer.WebSockets;

namespace EchoServer.Load.Report;

/// <summary>The report for a program: one JSON object on one line. Its names do not change; new ones may come.</summary>
internal static class LoadReportJson
{
    /// <summary>Writes it.</summary>
    /// <returns>One line of UTF-8, ended.</returns>
    internal static byte[] Write(LoadReport report) => ReadableJson.WriteObject(ReadableJson.Compact, json =>
    {
        json.WriteString("url", UrlText.Of(report.Options.Connection.Url));
        json.WriteBoolean("ok", report.IsFine);
        json.WriteNumber("connections", report.Options.Connections);
        json.WriteNumber("opened", report.Client.Opened);
        json.WriteNumber("openAtEnd", report.OpenAtEnd);
        json.WriteNumber("connectSeconds", report.Client.ConnectElapsed.TotalSeconds);
        json.WriteNumber("connectionsPerSecond", report.ConnectionsPerSecond);
        json.WriteNumber("durationSeconds", report.Result.Elapsed.TotalSeconds);
        if (!report.Options.IsHeldOnly)
        {
            WriteMessages(json, report);
        }

        WriteReconnects(json, report.Client.Reconnects);
        WriteErrors(json, "errors", report.Client.Errors.Counts);
        WriteCloseCodes(json, report.Client.Errors);
    });

    /// <summary>Writes what there is to report of a load that did not begin.</summary>
    /// <returns>One line of UTF-8, ended.</returns>
    internal static byte[] Write(LoadOptions options, Fault failure, int? status) => ReadableJson.WriteObject(ReadableJson.Compact, json =>
    {
        json.WriteString("url", UrlText.Of(options.Connection.Url));
        json.WriteBoolean("ok", false);
        json.WriteString("cause", failure.Cause);
        json.WriteString("advice", failure.Advice);
        if (status is int answered)
        {
            json.WriteNumber("status", answered);
        }
    });

    private static void WriteMessages(Utf8JsonWriter json, LoadReport report)
    {
        json.WritePropertyName("compressedConnections");
        WriteValue(json, report.Options.Connection.OffersCompression ? report.Client.Compressed : null);
        json.WriteString("messageType", report.Options.IsText ? "text" : "binary");
        json.WriteNumber("messageBytes", report.Options.MessageBytes);
        json.WritePropertyName("lines");
        WriteValue(json, report.Options.Lines?.Count);
        json.WriteBoolean("expectsEcho", report.Options.ExpectsEcho);
        json.WritePropertyName("inFlight");
        WriteValue(json, report.Options.IsWindowed ? report.Options.InFlight : null);
        json.WritePropertyName("ratePerSecond");
        WriteValue(json, report.Options.Rate);

        json.WriteNumber("sent", report.Result.Sent);
        json.WriteNumber("messages", report.Result.Messages);
        json.WriteNumber("messagesPerSecond", report.MessagesPerSecond);
        json.WriteNumber("payloadBytes", report.Result.Bytes);
        json.WriteNumber("payloadBytesPerSecond", report.BytesPerSecond);
        json.WriteNumber("unsent", report.Result.Unsent);
        json.WriteNumber("unanswered", report.Result.Unanswered);
        WriteTimes(json, "latencyMilliseconds", report.IsLatencyKnown ? report.Result.Latency : new());
    }

    private static void WriteValue(Utf8JsonWriter json, double? value)
    {
        if (value is double number)
        {
            json.WriteNumberValue(number);
        }
        else
        {
            json.WriteNullValue();
        }
    }

    private static void WriteTimes(Utf8JsonWriter json, string name, LatencyHistogram times)
    {
        if (times.Count == 0)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        foreach ((_, string percentile, double percent) in LoadReport.Percentiles)
        {
            json.WriteNumber(percentile, times.Percentile(percent).TotalMilliseconds);
        }

        json.WriteNumber("max", times.Max.TotalMilliseconds);
        json.WriteEndObject();
    }

    private static void WriteReconnects(Utf8JsonWriter json, ReconnectResult? result)
    {
        if (result is null)
        {
            json.WriteNull("reconnects");
            return;
        }

        json.WriteStartObject("reconnects");
        json.WriteNumber("ended", result.Lost);
        json.WriteNumber("drained", result.Drained);
        json.WriteNumber("servedAgain", result.Times.Count);
        json.WriteNumber("unanswered", result.Unanswered);
        WriteTimes(json, "outageMilliseconds", result.Times);
        WriteErrors(json, "failedAttempts", result.FailedAttempts);
        json.WriteEndObject();
    }

    private static void WriteErrors(Utf8JsonWriter json, string name, IReadOnlyList<LoadErrorCount> errors)
    {
        json.WriteStartArray(name);
        foreach (LoadErrorCount error in errors)
        {
            json.WriteStartObject();
            json.WriteString("kind", JsonNamingPolicy.CamelCase.ConvertName(error.Kind.ToString()));
            if (error.Status != 0)
            {
                json.WriteNumber("status", error.Status);
            }

            json.WriteNumber("count", error.Count);
            json.WriteString("first", error.Example);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteCloseCodes(Utf8JsonWriter json, LoadErrors errors)
    {
        json.WriteStartArray("closeCodes");
        foreach ((CloseCode code, long count) in errors.CloseCodes)
        {
            json.WriteStartObject();
            json.WriteNumber("code", (int)code);
            json.WriteString("name", Enum.IsDefined(code) ? code.ToString() : "");
            json.WriteNumber("count", count);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
