using EchoServer.Bench.Charts;

namespace EchoServer.Tests.Soak;

/// <summary>The picture of a run: one panel for each quantity, two in a row.</summary>
internal static class SoakPicture
{
    private const int Columns = 2;
    private const double PanelWidth = 580;
    private const double PanelHeight = 250;
    private const double Gap = 20;
    private const double Margin = 32;
    private const double HeaderHeight = 92;
    private const double FooterHeight = 34;

    public static string Draw(Recorder recorder, string subject, string summary)
    {
        int rows = (Quantity.All.Count + Columns - 1) / Columns;
        double width = (2 * Margin) + (Columns * PanelWidth) + ((Columns - 1) * Gap);
        double height = Margin + HeaderHeight + (rows * (PanelHeight + Gap)) + FooterHeight;
        var svg = new Svg(width, height, Palette.Page);

        svg.Text(Margin, Margin + 22, "Soak of the echo server", 24, Palette.Ink, weight: 600);
        svg.Text(Margin, Margin + 46, subject, 14, Palette.Quiet);
        svg.Text(Margin, Margin + 66, summary, 14, Palette.Quiet);
        svg.Text(width - Margin, Margin + 22, $"{DateTime.UtcNow:yyyy-MM-dd HH:mm} UTC", 14, Palette.Quiet, "end");

        for (int i = 0; i < Quantity.All.Count; i++)
        {
            double left = Margin + (i % Columns * (PanelWidth + Gap));
            double top = Margin + HeaderHeight + (i / Columns * (PanelHeight + Gap));
            new Panel(svg, Quantity.All[i], recorder).Draw(left, top, PanelWidth, PanelHeight);
        }

        DrawLegend(svg, height - Margin + 4);
        return svg.ToString();
    }

    private static void DrawLegend(Svg svg, double baseline)
    {
        svg.Line(Margin, baseline - 4, Margin + 24, baseline - 4, Palette.Median, 2.5);
        svg.Text(
            Margin + 32, baseline,
            "median of a quarter (of the low points, for the heap): the last must not exceed the one before by more than is allowed",
            12, Palette.Quiet);
        svg.Line(Margin + 762, baseline - 4, Margin + 786, baseline - 4, Palette.Quiet, 1, "4 3");
        svg.Text(Margin + 794, baseline, "the load ends", 12, Palette.Quiet);
    }
}
