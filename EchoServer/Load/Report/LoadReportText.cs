using System.Globalization;
using System.Text;
using EchoServer.Load.Opening;
using EchoServer.Metrics;
using EchoServer.Text;
using EchoServer.WebSockets;

namespace EchoServer.Load.Report;

/// <summary>The report for a person.</summary>
internal static class LoadReportText
{
    /// <summary>Writes it.</summary>
    /// <returns>A few lines of UTF-8, each ended.</returns>
    internal static byte[] Write(LoadReport report)
    {
        var text = new StringBuilder();
        Line(text, "connections", $"{report.Client.Opened:N0} of {report.Options.Connections:N0} opened in {Seconds(report.Client.ConnectElapsed)} ({report.ConnectionsPerSecond:N0} a second)");
        if (report.Options.IsHeldOnly)
        {
            Line(text, "held", $"{Seconds(report.Result.Elapsed)}; {report.OpenAtEnd:N0} still open at the end");
        }
        else
        {
            WriteMessages(text, report);
        }

        if (report.Client.Reconnects is ReconnectResult reconnects)
        {
            WriteReconnects(text, reconnects);
        }

        WriteErrors(text, "errors", report.Client.Errors.Counts);
        string codes = string.Join(", ", report.Client.Errors.CloseCodes.Select(seen => $"{seen.Count.ToString("N0", CultureInfo.InvariantCulture)} x {ClosePayload.Describe(seen.Code)}"));
        Line(text, "close codes", $"{(codes.Length > 0 ? codes : "none")}");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>Names an error for a person.</summary>
    internal static string Name(LoadErrorCount error) => error.Kind switch
    {
        LoadError.ConnectRefused => "connection refused",
        LoadError.ConnectTimedOut => "connection not open in time",
        LoadError.ConnectFailed => "connection failed",
        LoadError.TlsFailed => "TLS failed",
        LoadError.HandshakeRefused => string.Create(CultureInfo.InvariantCulture, $"handshake answered {error.Status}"),
        LoadError.HandshakeInvalid => "handshake answered wrongly",
        LoadError.EchoAltered => "echo altered",
        LoadError.EchoTruncated => "echo truncated",
        LoadError.EchoDuplicated => "echo came twice",
        LoadError.EchoOutOfOrder => "echo out of order",
        LoadError.EchoMisdelivered => "echo of another connection's message",
        LoadError.EchoMissing => "no echo in time",
        LoadError.MessageUnexpected => "message that is not an echo",
        LoadError.ClosedByServer => "closed by the server",
        LoadError.EndedWithoutClose => "ended without a Close",
        LoadError.ConnectionReset => "connection reset",
        LoadError.ProtocolViolation => "protocol violation",
        LoadError.MessageTooLarge => "message larger than this program takes",
        LoadError.NotServedAgain => "connection not served again",
        LoadError.CloseTimedOut => "no answer to the Close",
        LoadError.InternalError => "fault in this program",
        _ => throw new ArgumentOutOfRangeException(nameof(error), error.Kind, "an error without a name"),
    };

    private static void WriteMessages(StringBuilder text, LoadReport report)
    {
        LoadOptions options = report.Options;
        LoadResult result = report.Result;
        string kind = options.IsText ? "text" : "binary";
        string pace = options.Rate is double rate ? string.Create(CultureInfo.InvariantCulture, $"{rate:#,0.###} a second") : "as fast as echoes come";
        Line(text, "load", $"{options.MessageBytes:N0} byte{(options.MessageBytes == 1 ? "" : "s")} of {kind}, {options.InFlight:N0} in flight on each connection, {pace}");
        Line(text, "echoes", $"{result.Messages:N0} right in {Seconds(result.Elapsed)}");
        Line(text, "messages", $"{report.MessagesPerSecond:N0} a second");
        Line(text, "payload", $"{report.BytesPerSecond / 1e6:N2} MB a second each way");
        Line(text, "latency", $"{Show(result.Latency)}");
        if (result.Unsent > 0)
        {
            Line(text, "unsent", $"{result.Unsent:N0} messages were due and had to wait for echoes until the end");
        }
    }

    private static void WriteReconnects(StringBuilder text, ReconnectResult result)
    {
        if (result.Lost == 0)
        {
            Line(text, "reconnects", $"none: the server ended no connection");
            return;
        }

        Line(text, "reconnects", $"{result.Times.Count:N0} of {result.Lost:N0} connections that the server ended were served again");
        Line(text, "", $"{result.Drained:N0} were told by 1001 or 1012; {result.Unanswered:N0} echoes were under way");
        Line(text, "outages", $"{Show(result.Times)}");
        if (result.FailedAttempts.Count > 0)
        {
            WriteErrors(text, "tried again", result.FailedAttempts);
        }
    }

    private static string Show(LatencyHistogram times)
    {
        string percentiles = string.Join("  ", LoadReport.Percentiles.Select(it => $"{it.Text} {Times.Milliseconds(times.Percentile(it.Percent))}"));
        return $"{percentiles}  max {Times.Milliseconds(times.Max)} ms";
    }

    private static void WriteErrors(StringBuilder text, string label, IReadOnlyList<LoadErrorCount> errors)
    {
        if (errors.Count == 0)
        {
            Line(text, label, $"none");
        }

        foreach (LoadErrorCount error in errors)
        {
            string example = error.Example.Length > 0 ? $" (first: {error.Example})" : "";
            Line(text, label, $"{error.Count:N0} x {Name(error)}{example}");
            label = "";
        }
    }

    private static void Line(StringBuilder text, string label, FormattableString line) =>
        text.Append(CultureInfo.InvariantCulture, $"{label,-13}").Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.00} s");
}
