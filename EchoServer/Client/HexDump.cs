namespace EchoServer.Client;

/// <summary>Bytes as <c>hexdump -C</c> shows them.</summary>
internal static class HexDump
{
    /// <summary>The most bytes that are shown: what fits on a screen.</summary>
    internal const int MaxBytes = 512;

    private const int BytesPerLine = 16;

    /// <summary>Shows the beginning of some bytes: offset, hex digits, printable ASCII.</summary>
    /// <returns>Lines, not ended; none for no bytes.</returns>
    internal static string Of(byte[] bytes, string indent)
    {
        IEnumerable<string> lines = bytes.Take(MaxBytes).Chunk(BytesPerLine).Select((line, number) => indent + Line(number * BytesPerLine, line));
        return string.Join('\n', bytes.Length <= MaxBytes ? lines : lines.Append($"{indent}and {bytes.Length - MaxBytes} more bytes"));
    }

    private static string Line(int offset, byte[] line)
    {
        string[] digits = [.. line.Select(value => $"{value:x2}")];
        string left = string.Join(' ', digits.Take(BytesPerLine / 2));
        string right = string.Join(' ', digits.Skip(BytesPerLine / 2));
        string characters = string.Concat(line.Select(value => value is >= (byte)' ' and <= (byte)'~' ? (char)value : '.'));
        return $"{offset:x8}  {left,-23}  {right,-23}  |{characters}|";
    }
}
