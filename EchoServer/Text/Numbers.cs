using System.Globalization;

namespace EchoServer.Text;

/// <summary>How numbers of things are shown to people.</summary>
internal static class Numbers
{
    /// <summary>A number and its noun: <c>1 byte</c>, <c>2 bytes</c>.</summary>
    /// <param name="count">The number.</param>
    /// <param name="noun">The noun in the singular; its plural has an s more.</param>
    /// <param name="format">The format of the number, such as N0 for one with separators.</param>
    internal static string Of(long count, string noun, string format = "D") => $"{count.ToString(format, CultureInfo.InvariantCulture)} {noun}{(count == 1 ? "" : "s")}";
}
