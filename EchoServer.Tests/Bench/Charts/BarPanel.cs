namespace EchoServer.Bench.Charts;

/// <summary>One bar.</summary>
internal sealed record Bar(ServerEntry Server, double Value, string Label);

/// <summary>One quantity of all servers, as bars from zero on a scale of its own, the shortest first.</summary>
internal sealed record BarPanel(string Title, IReadOnlyList<Bar> Bars, double? Reference)
{
    private const double Padding = 20;
    private const double TitleHeight = 40;
    private const double RowHeight = 28;
    private const double BarHeight = 16;
    private const double NamesWidth = 158;
    private const double LabelWidth = 70;

    // From a bar's middle to the baseline of words beside it.
    private const double Baseline = 4.5;

    public static double Height(int bars) => Padding + TitleHeight + (bars * RowHeight) + Padding - (RowHeight - BarHeight);

    public void Draw(Svg svg, double left, double top, double width, double height)
    {
        svg.Rectangle(left, top, width, height, Palette.Card, radius: 8);
        svg.Text(left + Padding, top + Padding + 12, Title, 15, Palette.Ink, weight: 600);

        double zero = left + Padding + NamesWidth;
        double scale = (width - (2 * Padding) - NamesWidth - LabelWidth) / Math.Max(Bars.Max(bar => bar.Value), double.Epsilon);
        double y = top + Padding + TitleHeight;
        if (Reference is double reference)
        {
            double x = zero + (reference * scale);
            svg.Line(x, y - 6, x, y + (Bars.Count * RowHeight) - (RowHeight - BarHeight) + 6, Palette.Floor, 1, "3 3");
        }

        foreach (Bar bar in Bars.OrderBy(bar => bar.Value))
        {
            DrawBar(svg, bar, zero, y, Math.Max(bar.Value, 0) * scale);
            y += RowHeight;
        }
    }

    private static void DrawBar(Svg svg, Bar bar, double zero, double y, double length)
    {
        bool isOurs = bar.Server.Key is ServerKinds.Cf or ServerKinds.Dotnet;
        int weight = isOurs ? 600 : 400;
        double baseline = y + (BarHeight / 2) + Baseline;
        svg.Text(zero - 10, baseline, bar.Server.Name, 13, isOurs ? Palette.Ink : Palette.Quiet, "end", weight);
        svg.Rectangle(zero, y, length, BarHeight, Color(bar.Server.Key), radius: 2);
        svg.Text(zero + length + 8, baseline, bar.Label, 13, Palette.Ink, weight: weight);
    }

    private static string Color(string server) => server switch
    {
        ServerKinds.Cf or ServerKinds.Dotnet => Palette.Data,
        ServerKinds.Raw => Palette.Floor,
        _ => Palette.Other,
    };
}
