using System.Text;

namespace EchoServer.Client;

/// <summary>Bytes as <c>hexdump -C</c> shows them.</summary>
internal static class HexDump
{
    /// <summary>The most bytes that are shown: what fits on a screen.</summary>
    internal const int MaxBytes = 512;

    private const int BytesPerLine = 16;

    /// <summary>Shows the beginning of some bytes: offset, hex digits, printable ASCII.</summary>
    /// <returns>Lines, not ended; none for no bytes.</returns>
    internal static string Of(ReadOnlySpan<byte> bytes, string indent)
    {
        var text = new StringBuilder();
        ReadOnlySpan<byte> shown = bytes[..Math.Min(bytes.Length, MaxBytes)];
        for (int offset = 0; offset < shown.Length; offset += BytesPerLine)
        {
            ReadOnlySpan<byte> line = shown[offset..Math.Min(offset + BytesPerLine, shown.Length)];
            text.Append(offset == 0 ? "" : "\n").Append(CultureInfo.InvariantCulture, $"{indent}{offset:x8} ");
            AppendLine(text, line);
        }

        return bytes.Length <= MaxBytes
            ? text.ToString()
            : text.Append(CultureInfo.InvariantCulture, $"\n{indent}and {bytes.Length - MaxBytes} more bytes").ToString();
    }

    private static void AppendLine(StringBuilder text, ReadOnlySpan<byte> line)
    {
        for (int i = 0; i < BytesPerLine; i++)
        {
            text.Append(i == BytesPerLine / 2 ? " " : "");
            text.Append(i < line.Length ? $" {line[i]:x2}" : "   ");
        }

        text.Append("  |");
        foreach (byte value in line)
        {
            text.Append(value is >= (byte)' ' and <= (byte)'~' ? (char)value : '.');
        }

        text.Append('|');
    }
}
