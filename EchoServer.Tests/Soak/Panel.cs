using EchoServer.Bench.Charts;

namespace EchoServer.Tests.Soak;

/// <summary>One quantity over time: its curve, the medians that the rule compares, and the last value.</summary>
internal sealed class Panel(Svg svg, Quantity quantity, Recorder recorder)
{
    private const int MaxValueTicks = 4;
    private const int MaxTimeTicks = 8;
    private const double Padding = 18;
    private const double TitleHeight = 62;
    private const double LabelWidth = 44;
    private const double LabelHeight = 22;

    private readonly Axis _values = Axis.ForValues(recorder.Samples.Max(quantity.Value), MaxValueTicks);
    private readonly Axis _time = Axis.ForTime(recorder.Samples[^1].Seconds, MaxTimeTicks);
    private double _left;
    private double _top;
    private double _right;
    private double _bottom;

    public void Draw(double left, double top, double width, double height)
    {
        svg.Rectangle(left, top, width, height, Palette.Card, radius: 8);
        _left = left + Padding + LabelWidth;
        _top = top + TitleHeight;
        _right = left + width - Padding;
        _bottom = top + height - Padding - LabelHeight;
        DrawTitle(left + Padding, top + Padding);
        DrawAxes();
        DrawData();
    }

    private void DrawTitle(double left, double top)
    {
        Trend trend = Trend.Of(quantity, recorder.UnderLoad);
        string unit = quantity.Unit.Length > 0 ? $", {quantity.Unit}" : "";
        svg.Text(left, top + 12, quantity.Name + unit, 15, Palette.Ink, weight: 600);
        svg.Text(
            left, top + 31,
            $"{quantity.Format(trend.Third)} → {quantity.Format(trend.Last)}, allowed {quantity.Format(trend.Allowed)}: "
            + (trend.IsUpward ? "it grows" : "level"),
            12, trend.IsUpward ? Palette.Bad : Palette.Good);
        svg.Text(_right, top + 12, quantity.Format(quantity.Value(recorder.UnderLoad[^1])), 15, Palette.Data, "end", 600);
        svg.Text(_right, top + 31, "last under load", 12, Palette.Quiet, "end");
    }

    private void DrawAxes()
    {
        foreach (double tick in _values.Ticks)
        {
            svg.Line(_left, Y(tick), _right, Y(tick), tick == 0 ? Palette.Quiet : Palette.Grid);
            svg.Text(_left - 8, Y(tick) + 4, $"{tick:0.##}", 12, Palette.Quiet, "end");
        }

        foreach (double tick in _time.Ticks)
        {
            svg.Line(X(tick), _bottom, X(tick), _bottom + 4, Palette.Quiet);
            svg.Text(X(tick), _bottom + 18, Axis.Clock(tick), 12, Palette.Quiet, "middle");
        }
    }

    private void DrawData()
    {
        (double X, double Y)[] points = [.. recorder.Samples.Select(sample => (X(sample.Seconds), Y(quantity.Value(sample))))];
        svg.Area([(points[0].X, _bottom), .. points, (points[^1].X, _bottom)], Palette.DataArea);
        foreach (double tick in _values.Ticks.Skip(1))
        {
            // Again, through the area.
            svg.Line(_left, Y(tick), _right, Y(tick), "#17212f14");
        }

        svg.Curve(points, Palette.Data, 1.5);

        IReadOnlyList<Sample> load = recorder.UnderLoad;
        Trend trend = Trend.Of(quantity, load);
        double lastQuarter = X(load[load.Count * 3 / 4].Seconds);
        svg.Line(X(load[load.Count / 2].Seconds), Y(trend.Third), lastQuarter - 1.5, Y(trend.Third), Palette.Median, 2.5);
        svg.Line(lastQuarter + 1.5, Y(trend.Last), X(load[^1].Seconds), Y(trend.Last), Palette.Median, 2.5);
        svg.Line(X(load[^1].Seconds), _top, X(load[^1].Seconds), _bottom, Palette.Quiet, 1, "4 3");
        svg.Dot(X(load[^1].Seconds), Y(quantity.Value(load[^1])), 3.5, Palette.Data);
    }

    private double X(double seconds) => _left + (seconds / _time.End * (_right - _left));

    private double Y(double value) => _bottom - (value / _values.End * (_bottom - _top));
}
