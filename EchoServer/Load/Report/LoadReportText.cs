using EchoServer.Load.Opening;
using EchoServer.Metrics;
using EchoServer.WebSockets;
using static System.FormattableString;

namespace EchoServer.Load.Report;

/// <summary>The report for a person.</summary>
internal static class LoadReportText
{
    internal static byte[] Write(LoadReport report)
    {
        var text = new StringBuilder();
        Line(text, "connections", $"{report.Client.Opened:N0} of {report.Options.Connections:N0} opened in {Seconds(report.Client.ConnectElapsed)} ({report.ConnectionsPerSecond:N0} a second)");
        if (report.Options.Connection.OffersCompression)
        {
            Line(text, "compression", $"agreed on by {report.Client.Compressed:N0} of {report.Client.Opened:N0}; messages that would not get smaller go as they are");
        }

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
        string codes = string.Join(", ", report.Client.Errors.CloseCodes.Select(seen => Invariant($"{seen.Count:N0} x {ClosePayload.Describe(seen.Code)}")));
        Line(text, "close codes", $"{(codes.Length > 0 ? codes : "none")}");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    internal static string Name(LoadErrorCount error) => error.Kind switch
    {
        LoadError.ConnectRefused => "connection refused",
        LoadError.ConnectTimedOut => "connection not open in time",
        LoadError.ConnectFailed => "connection failed",
        LoadError.TlsFailed => "TLS failed",
        LoadError.HandshakeRefused => Invariant($"handshake answered {error.Status}"),
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
        LoadError.MessageTooLarge => "message larger than this program has room for",
        LoadError.NotServedAgain => "connection not served again",
        LoadError.CloseTimedOut => "no answer to the Close",
        LoadError.InternalError => "fault in this program",
        _ => throw new ArgumentOutOfRangeException(nameof(error), error.Kind, "an error without a name"),
    };

    private static void WriteMessages(StringBuilder text, LoadReport report)
    {
        LoadOptions options = report.Options;
        LoadResult result = report.Result;
        string answers = options.ExpectsEcho ? "echoes" : "answers";
        Line(text, "load", $"{Load(options)}");
        Line(text, answers, $"{result.Messages:N0} {(options.ExpectsEcho ? "right" : Invariant($"to {result.Sent:N0} messages"))} in {Seconds(result.Elapsed)}");
        Line(text, "messages", $"{report.MessagesPerSecond:N0} a second");
        Line(text, "payload", $"{report.BytesPerSecond / 1e6:N2} MB a second {(options.ExpectsEcho ? "each way" : "from the server")}");
        Line(text, "latency", $"{(report.IsLatencyKnown ? Show(result.Latency) : Unknown(report))}");
        if (result.Unsent > 0)
        {
            Line(text, "unsent", $"{result.Unsent:N0} messages were due and had to wait for {(options.IsWindowed ? answers : "the server to read")} until the end");
        }
    }

    /// <summary>Describes the messages of a load, and how fast they are sent.</summary>
    internal static string Load(LoadOptions options)
    {
        string pace = options.Rate is double rate ? Invariant($"{rate:#,0.###} a second") : $"as fast as {(options.ExpectsEcho ? "echoes" : "answers")} come";
        string window = options.IsWindowed ? Invariant($"{options.InFlight:N0} in flight on each connection, ") : "";
        return $"{Messages(options)}, {window}{pace}";
    }

    /// <summary>Says why no answer is known to belong to a message.</summary>
    internal static string Unknown(LoadReport report) =>
        report.Options.ExpectsEcho ? "not known: no echo came right"
        : report.Result.Messages == 0 ? $"not known: the server answered nothing{(report.Options.IsWindowed ? "; with --rate messages wait for no answer" : "")}"
        : report.Result.Unanswered > 0 ? Invariant($"not known: {report.Result.Unanswered:N0} messages have no answer, so that an answer may be to any message")
        : Invariant($"not known: {report.Client.Untimed:N0} messages of the server answer none that is known");

    private static string Messages(LoadOptions options) => options.Lines is IReadOnlyList<byte[]> lines
        ? $"{Numbers.Of(lines.Count, "line", "N0")} of up to {Bytes(options.MessageBytes)}"
        : $"{Bytes(options.MessageBytes)} of {(options.IsText ? "text" : "binary")}";

    private static string Bytes(int count) => Numbers.Of(count, "byte", "N0");

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
        if (times.Count == 0)
        {
            return "not known: none has ended";
        }

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
        text.Append(CultureInfo.InvariantCulture, $"{label,-13}").Append(Invariant(line)).Append('\n');

    private static string Seconds(TimeSpan time) => Invariant($"{time.TotalSeconds:0.00} s");
}
