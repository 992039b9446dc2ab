namespace EchoServer.Text;

/// <summary>How numbers of things are shown to people.</summary>
internal static class Numbers
{
    /// <summary>A number and its noun, whose plural has an s more than the given singular: <c>1 byte</c>, <c>2 bytes</c>.</summary>
    internal static string Of(long count, string noun, string format = "D") => $"{count.ToString(format, CultureInfo.InvariantCulture)} {noun}{(count == 1 ? "" : "s")}";
}
