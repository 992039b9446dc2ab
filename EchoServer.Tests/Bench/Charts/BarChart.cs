namespace EchoServer.Bench.Charts;

/// <summary>CPU for each message as a multiple of the raw TCP echo's, a panel for each shape; and memory of idle connections.</summary>
internal static class BarChart
{
    private const int Columns = 2;
    private const double PanelWidth = 500;
    private const double PanelGap = 20;
    private const double Margin = 32;
    private const double HeaderHeight = 80;
    private const double FooterHeight = 26;
    private const double KB = 1000;

    public static string Draw(BenchReport report)
    {
        bool isRelative = report.Servers.Exists(server => server.Key == ServerKinds.Raw);
        BarPanel[] panels = [.. Tables.Shapes(report).Select(shape => Echo(report, shape, isRelative)), .. Idle(report)];
        double panelHeight = BarPanel.Height(panels.Max(panel => (int?)panel.Bars.Count) ?? 0);
        int rows = (panels.Length + Columns - 1) / Columns;
        double width = (2 * Margin) + (Columns * PanelWidth) + ((Columns - 1) * PanelGap);
        double height = (2 * Margin) + HeaderHeight + (rows * (panelHeight + PanelGap)) - PanelGap + FooterHeight;

        var svg = new Svg(width, height, Palette.Page);
        svg.AddDarkColors(Palette.Dark);
        DrawHeader(svg, report.Conditions, isRelative);
        for (int i = 0; i < panels.Length; i++)
        {
            panels[i].Draw(
                svg, Margin + (i % Columns * (PanelWidth + PanelGap)), Margin + HeaderHeight + (i / Columns * (panelHeight + PanelGap)),
                PanelWidth, panelHeight);
        }

        svg.Text(Margin, height - Margin + 8, ReportText.Subject(report), 12, Palette.Quiet);
        return svg.ToString();
    }

    private static void DrawHeader(Svg svg, Conditions how, bool isRelative)
    {
        svg.Text(Margin, Margin + 22, "What an echo costs: CPU of the server for each message", 24, Palette.Ink, weight: 600);
        string unit = isRelative ? "As a multiple of a raw TCP echo in C without WebSocket" : "In microseconds";
        svg.Text(
            Margin, Margin + 48,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{unit}; least of {how.Rounds} rounds of {how.RoundSeconds} s in turn. Shorter is better. Each panel has its own scale."),
            14, Palette.Quiet);
    }

    private static BarPanel Echo(BenchReport report, EchoShape shape, bool isRelative)
    {
        string title = string.Create(
            CultureInfo.InvariantCulture,
            $"{shape.Connections:N0} connections × {EchoShape.Size(shape.MessageBytes)} × {shape.InFlight} in flight");
        return new BarPanel(title, [.. Tables.Echoing(report).SelectMany(ToBar)], isRelative ? 1 : null);

        IEnumerable<Bar> ToBar(ServerEntry server)
        {
            double? value = isRelative
                ? report.CpuRatio(shape.Key, server.Key, ServerKinds.Raw)
                : report.FindEcho(shape.Key, server.Key)?.CpuMicroseconds.Best;
            return value is double measured ? [new Bar(server, measured, Number(measured) + (isRelative ? "×" : " µs"))] : [];
        }
    }

    private static IEnumerable<BarPanel> Idle(BenchReport report)
    {
        Bar[] bars = [.. report.Idle.Select(entry => new Bar(
            report.Servers.First(server => server.Key == entry.Server), entry.BytesPerConnection / KB, $"{Number(entry.BytesPerConnection / KB)} KB"))];
        string title = string.Create(CultureInfo.InvariantCulture, $"Memory of each of {report.Conditions.IdleConnections:N0} idle connections");
        return bars.Length > 0 ? [new BarPanel(title, bars, null)] : [];
    }

    private static string Number(double value) => value.ToString(value < 10 ? "0.00" : "0.0", CultureInfo.InvariantCulture);
}
