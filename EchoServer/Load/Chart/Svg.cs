using System.Security;

namespace EchoServer.Load.Chart;

/// <summary>A drawing of lines and words, in the reader's light or dark colours. All measures in pixels, y downwards.</summary>
internal sealed class Svg
{
    private const string Style =
        "text{font-family:'Segoe UI','Helvetica Neue','DejaVu Sans',sans-serif;font-size:12px;fill:#5d6b7e}" +
        ".page{fill:#ffffff}.title{font-size:20px;font-weight:600;fill:#17212f}.head{font-size:14px;font-weight:600;fill:#17212f}" +
        ".grid{stroke:#dfe5ec}.axis{stroke:#5d6b7e}.rate,.p50,.p99{fill:none;stroke-width:1.6;stroke-linejoin:round;stroke-linecap:round}" +
        ".rate,.p50{stroke:#2563c9}.p99{stroke:#c2560c}.band{fill:#2563c9;fill-opacity:.2}" +
        "@media(prefers-color-scheme:dark){text{fill:#9aa7b8}.page{fill:#0d1117}.title,.head{fill:#e8edf4}.grid{stroke:#2a3342}" +
        ".axis{stroke:#9aa7b8}.rate,.p50{stroke:#6ea3f5}.p99{stroke:#f0954a}.band{fill:#6ea3f5}}";

    private readonly StringBuilder _text = new();

    internal Svg(int width, int height)
    {
        _text.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">\n<style>{Style}</style>\n");
        _text.Append(CultureInfo.InvariantCulture, $"<rect class=\"page\" width=\"{width}\" height=\"{height}\"/>\n");
    }

    internal void Line(double x1, double y1, double x2, double y2, string look) =>
        _text.Append(CultureInfo.InvariantCulture, $"<line class=\"{look}\" x1=\"{x1:0.#}\" y1=\"{y1:0.#}\" x2=\"{x2:0.#}\" y2=\"{y2:0.#}\"/>\n");

    /// <summary>Draws a line through points, or the area within them.</summary>
    internal void Curve(IEnumerable<(double X, double Y)> points, string look, bool isArea = false)
    {
        _text.Append(CultureInfo.InvariantCulture, $"<{(isArea ? "polygon" : "polyline")} class=\"{look}\" points=\"");
        _text.AppendJoin(' ', points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{point.X:0.#},{point.Y:0.#}")));
        _text.Append("\"/>\n");
    }

    /// <summary>Writes words, which need not be escaped.</summary>
    internal void Text(double x, double y, string words, string look = "", string anchor = "start") => _text.Append(
        CultureInfo.InvariantCulture, $"<text class=\"{look}\" x=\"{x:0.#}\" y=\"{y:0.#}\" text-anchor=\"{anchor}\">{SecurityElement.Escape(words)}</text>\n");

    internal byte[] ToBytes() => Encoding.UTF8.GetBytes(_text.Append("</svg>\n").ToString());
}
