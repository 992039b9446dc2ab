using System.Xml.Linq;

namespace EchoServer.Bench.Charts;

/// <summary>A drawing of lines, rectangles and words. All measures in pixels, y downwards.</summary>
internal sealed class Svg
{
    private static readonly XNamespace Namespace = "http://www.w3.org/2000/svg";

    private readonly XElement _root;

    public Svg(double width, double height, string background)
    {
        _root = new XElement(
            Namespace + "svg",
            new XAttribute("viewBox", $"0 0 {width:0} {height:0}"),
            new XAttribute("width", $"{width:0}"),
            new XAttribute("height", $"{height:0}"),
            new XAttribute("font-family", "Inter, 'Segoe UI', 'Helvetica Neue', 'DejaVu Sans', sans-serif"));
        Rectangle(0, 0, width, height, background);
    }

    /// <summary>Replaces colors where the reader prefers dark ones: a rule of CSS wins over an attribute.</summary>
    public void AddDarkColors(IReadOnlyDictionary<string, string> colors)
    {
        IEnumerable<string> rules = colors.Select(color =>
            $"[fill=\"{color.Key}\"] {{ fill: {color.Value} }} [stroke=\"{color.Key}\"] {{ stroke: {color.Value} }}");
        _root.AddFirst(new XElement(Namespace + "style", $"@media (prefers-color-scheme: dark) {{ {string.Join(' ', rules)} }}"));
    }

    public void Rectangle(double x, double y, double width, double height, string fill, double radius = 0) => Add(
        "rect", ("x", N(x)), ("y", N(y)), ("width", N(width)), ("height", N(height)), ("rx", N(radius)), ("fill", fill));

    public void Line(double x1, double y1, double x2, double y2, string stroke, double width = 1, string dashes = "none") => Add(
        "line", ("x1", N(x1)), ("y1", N(y1)), ("x2", N(x2)), ("y2", N(y2)), ("stroke", stroke), ("stroke-width", N(width)),
        ("stroke-dasharray", dashes));

    public void Dot(double x, double y, double radius, string fill) =>
        Add("circle", ("cx", N(x)), ("cy", N(y)), ("r", N(radius)), ("fill", fill));

    public void Curve(IEnumerable<(double X, double Y)> points, string stroke, double width) => Add(
        "polyline", ("points", Points(points)), ("fill", "none"), ("stroke", stroke), ("stroke-width", N(width)),
        ("stroke-linejoin", "round"));

    public void Area(IEnumerable<(double X, double Y)> points, string fill) =>
        Add("polygon", ("points", Points(points)), ("fill", fill));

    public void Text(double x, double y, string words, double size, string fill, string anchor = "start", int weight = 400) => Add(
        "text", ("x", N(x)), ("y", N(y)), ("font-size", N(size)), ("fill", fill), ("text-anchor", anchor), ("font-weight", $"{weight}"))
        .Add(words);

    public override string ToString() => _root + "\n";

    private XElement Add(string name, params (string Name, string Value)[] attributes)
    {
        var element = new XElement(Namespace + name, attributes.Select(attribute => new XAttribute(attribute.Name, attribute.Value)));
        _root.Add(element);
        return element;
    }

    private static string Points(IEnumerable<(double X, double Y)> points) =>
        string.Join(' ', points.Select(point => $"{N(point.X)},{N(point.Y)}"));

    private static string N(double number) => $"{number:0.##}";
}
