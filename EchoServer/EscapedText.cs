using System.Buffers;
using System.Globalization;
using System.Text;

namespace EchoServer;

/// <summary>Makes text from the network fit for a log line, a terminal or an error message.</summary>
/// <remarks>
/// Control characters could forge log lines or drive a terminal, and format characters (such as those that turn the direction
/// of writing) could make a line read as something else: each is shown as an escape. Safe on any thread.
/// </remarks>
public static class EscapedText
{
    private const string Ellipsis = "…";

    /// <summary>Decodes, cuts and escapes bytes that should be UTF-8.</summary>
    /// <param name="utf8">Bytes as received; what is not UTF-8 is shown as U+FFFD.</param>
    /// <param name="maxCharacters">
    /// The most characters (Unicode code points) that are shown, 1 or more. What is cut is marked with an ellipsis and the whole
    /// number of bytes.
    /// </param>
    /// <returns>One line of text without control or format characters.</returns>
    public static string From(ReadOnlySpan<byte> utf8, int maxCharacters = int.MaxValue)
    {
        var text = new StringBuilder(Math.Min(utf8.Length, maxCharacters));
        ReadOnlySpan<byte> rest = utf8;
        for (int shown = 0; !rest.IsEmpty; shown++)
        {
            if (shown == maxCharacters)
            {
                return text.Append(CultureInfo.InvariantCulture, $"{Ellipsis} ({utf8.Length} bytes)").ToString();
            }

            if (Rune.DecodeFromUtf8(rest, out Rune rune, out int used) != OperationStatus.Done)
            {
                rune = Rune.ReplacementChar;
            }

            Append(text, rune);
            rest = rest[used..];
        }

        return text.ToString();
    }

    /// <summary>Escapes text.</summary>
    /// <param name="value">Any text; lone surrogates are shown as U+FFFD.</param>
    /// <returns>One line of text without control or format characters.</returns>
    public static string From(ReadOnlySpan<char> value)
    {
        var text = new StringBuilder(value.Length);
        foreach (Rune rune in value.EnumerateRunes())
        {
            Append(text, rune);
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, Rune rune)
    {
        switch (rune.Value)
        {
            case '\n':
                text.Append("\\n");
                break;
            case '\r':
                text.Append("\\r");
                break;
            case '\t':
                text.Append("\\t");
                break;
            default:
                if (IsUnsafe(rune))
                {
                    text.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
                }
                else
                {
                    text.Append(rune);
                }

                break;
        }
    }

    private static bool IsUnsafe(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.Control or
        UnicodeCategory.Format or
        UnicodeCategory.LineSeparator or
        UnicodeCategory.ParagraphSeparator;
}
