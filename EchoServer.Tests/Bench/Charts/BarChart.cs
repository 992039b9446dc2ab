using System.Globalization;
using EchoServer.Bench.Measurements;
using EchoServer.Bench.Report;
using EchoServer.Bench.Servers;

namespace EchoServer.Bench.Charts;

/// <summary>CPU for each message as a multiple of the raw TCP echo's: a panel for each shape, a bar for each server.</summary>
/// <remarks>Each panel has a scale of its own, from zero: a bar's length means something, and its label says what.</remarks>
internal static class BarChart
{
    private const int Columns = 2;
    private const double PanelWidth = 500;
    private const double PanelGap = 20;
    private const double Margin = 32;
    private const double HeaderHeight = 80;
    private const double FooterHeight = 26;
    private const double Padding = 20;
    private const double TitleHeight = 40;
    private const double RowHeight = 28;
    private const double BarHeight = 16;
    private const double NamesWidth = 158;
    private const double LabelWidth = 64;

    /// <summary>Draws the echoes of a report.</summary>
    public static string Draw(BenchReport report)
    {
        EchoShape[] shapes = Tables.Shapes(report);
        ServerEntry[] servers = Tables.Echoing(report);
        double panelHeight = Padding + TitleHeight + (servers.Length * RowHeight) + Padding - (RowHeight - BarHeight);
        int rows = (shapes.Length + Columns - 1) / Columns;
        double width = (2 * Margin) + (Columns * PanelWidth) + ((Columns - 1) * PanelGap);
        double height = (2 * Margin) + HeaderHeight + (rows * (panelHeight + PanelGap)) - PanelGap + FooterHeight;
        var svg = new Svg(width, height, Palette.Page);
        svg.AddDarkColors(Palette.Dark);
        DrawHeader(svg, report);
        for (int i = 0; i < shapes.Length; i++)
        {
            double left = Margin + (i % Columns * (PanelWidth + PanelGap));
            double top = Margin + HeaderHeight + (i / Columns * (panelHeight + PanelGap));
            svg.Rectangle(left, top, PanelWidth, panelHeight, Palette.Card, radius: 8);
            DrawPanel(svg, report, shapes[i], servers, left + Padding, top + Padding);
        }

        svg.Text(Margin, height - Margin + 8, ReportText.Subject(report), 12, Palette.Quiet);
        return svg.ToString();
    }

    private static void DrawHeader(Svg svg, BenchReport report)
    {
        Conditions how = report.Conditions;
        string comparison = IsComparedToRaw(report) ? "times a raw TCP echo in C without WebSocket" : "microseconds";
        svg.Text(Margin, Margin + 22, "What an echo costs: CPU of the server for each message", 24, Palette.Ink, weight: 600);
        svg.Text(
            Margin, Margin + 48,
            string.Create(
                CultureInfo.InvariantCulture,
                $"In {comparison}; least of {how.Rounds} rounds of {how.RoundSeconds} s in turn. Shorter is better. Each panel has its own scale."),
            14, Palette.Quiet);
    }

    private static void DrawPanel(Svg svg, BenchReport report, EchoShape shape, ServerEntry[] servers, double left, double top)
    {
        (ServerEntry Server, double Value)[] bars = [.. servers
            .Select(server => (Server: server, Value: Value(report, shape, server)))
            .Where(bar => bar.Value is not null)
            .Select(bar => (bar.Server, bar.Value!.Value))
            .OrderBy(bar => bar.Value)];
        svg.Text(left, top + 12, Title(shape), 15, Palette.Ink, weight: 600);

        double zero = left + NamesWidth;
        double scale = (PanelWidth - (2 * Padding) - NamesWidth - LabelWidth) / bars.Max(bar => bar.Value);
        double y = top + TitleHeight;
        foreach ((ServerEntry server, double value) in bars)
        {
            double baseline = y + (BarHeight / 2) + 4.5;
            bool isOurs = server.Key is ServerKinds.Cf or ServerKinds.Dotnet;
            svg.Text(zero - 10, baseline, server.Name, 13, isOurs ? Palette.Ink : Palette.Quiet, "end", isOurs ? 600 : 400);
            svg.Rectangle(zero, y, value * scale, BarHeight, Color(server.Key), radius: 2);
            svg.Text(zero + (value * scale) + 8, baseline, Label(report, value), 13, Palette.Ink, weight: isOurs ? 600 : 400);
            y += RowHeight;
        }
    }

    private static bool IsComparedToRaw(BenchReport report) => report.Servers.Exists(server => server.Key == ServerKinds.Raw);

    private static double? Value(BenchReport report, EchoShape shape, ServerEntry server) => IsComparedToRaw(report)
        ? report.CpuRatio(shape.Key, server.Key, ServerKinds.Raw)
        : report.FindEcho(shape.Key, server.Key)?.CpuMicroseconds.Best;

    private static string Label(BenchReport report, double value)
    {
        string number = value.ToString(value < 10 ? "0.00" : "0.0", CultureInfo.InvariantCulture);
        return IsComparedToRaw(report) ? $"{number}×" : $"{number} µs";
    }

    private static string Title(EchoShape shape) => string.Create(
        CultureInfo.InvariantCulture, $"{shape.Connections:N0} connections × {EchoShape.Size(shape.MessageBytes)} × {shape.InFlight} in flight");

    private static string Color(string server) => server switch
    {
        ServerKinds.Cf or ServerKinds.Dotnet => Palette.Data,
        ServerKinds.Raw => Palette.Floor,
        _ => Palette.Other,
    };
}
