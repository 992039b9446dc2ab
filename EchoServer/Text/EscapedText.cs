using System.Buffers;
using System.Globalization;
using System.Text;

namespace EchoServer.Text;

/// <summary>Makes text from the network fit for a log line, a terminal or an error message.</summary>
/// <remarks>
/// Control characters could forge log lines or drive a terminal, and format characters (such as those that turn the direction
/// of writing) could make a line read as something else: each is shown as an escape. Some format characters only shape the text that
/// they stand in, and are ordinary in it; those stay. Safe on any thread.
/// </remarks>
internal static class EscapedText
{
    private const int MaxQuotedCharacters = 64;
    private const string Ellipsis = "…";

    /// <summary>Decodes, cuts and escapes bytes that should be UTF-8.</summary>
    /// <param name="utf8">Bytes as received; invalid UTF-8 is shown as U+FFFD.</param>
    /// <param name="maxCharacters">
    /// The most characters that are shown, 1 or more, an escape counting as the characters it is written with. A longer text is cut and
    /// marked with an ellipsis and the whole number of bytes.
    /// </param>
    /// <returns>One line of text without control or format characters.</returns>
    public static string From(ReadOnlySpan<byte> utf8, int maxCharacters = int.MaxValue)
    {
        var text = new StringBuilder(Math.Min(utf8.Length, maxCharacters));
        ReadOnlySpan<byte> rest = utf8;
        int shown = 0;
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(rest, out Rune rune, out int used) != OperationStatus.Done)
            {
                rune = Rune.ReplacementChar;
            }

            int before = text.Length;
            bool isEscaped = Append(text, rune);
            shown += isEscaped ? text.Length - before : 1;
            if (shown > maxCharacters)
            {
                text.Length = before;
                return text.Append(CultureInfo.InvariantCulture, $"{Ellipsis} ({utf8.Length} bytes)").ToString();
            }

            rest = rest[used..];
        }

        return text.ToString();
    }

    /// <summary>What an error message quotes of a value that is not acceptable: its beginning.</summary>
    /// <param name="utf8">Bytes as received.</param>
    /// <returns>One line of text without control or format characters.</returns>
    public static string Quote(ReadOnlySpan<byte> utf8) => From(utf8, MaxQuotedCharacters);

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

    /// <returns>Whether it had to be escaped.</returns>
    private static bool Append(StringBuilder text, Rune rune)
    {
        string? escape = rune.Value switch
        {
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            _ when IsUnsafe(rune) => string.Create(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}"),
            _ => null,
        };
        if (escape is null)
        {
            text.Append(rune);
            return false;
        }

        text.Append(escape);
        return true;
    }

    private static bool IsUnsafe(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => true,
        UnicodeCategory.Format => !ShapesText(rune.Value),
        _ => false,
    };

    /// <summary>
    /// Whether a format character is ordinary text: ZWNJ and ZWJ (Persian, Hindi, emoji), and Unicode's Prepended_Concatenation_Mark, signs
    /// of Arabic, Syriac and Kaithi that are drawn around the digits behind them.
    /// </summary>
    private static bool ShapesText(int character) => character is
        0x200C or 0x200D or (>= 0x0600 and <= 0x0605) or 0x06DD or 0x070F or 0x0890 or 0x0891 or 0x08E2 or 0x110BD or 0x110CD;
}
