using System.Buffers;

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
    /// <returns>One line of text without control or format characters. Invalid UTF-8 is shown as U+FFFD.</returns>
    /// <remarks>
    /// An escape counts as the characters it is written with. A longer text is cut and marked with an ellipsis and the whole number of bytes,
    /// with those that are left out already.
    /// </remarks>
    public static string From(ReadOnlySpan<byte> utf8, int maxCharacters = int.MaxValue, int bytesBehind = 0)
    {
        var text = new StringBuilder(Math.Min(utf8.Length, maxCharacters));
        bool isCut = bytesBehind > 0;
        ReadOnlySpan<byte> rest = utf8;
        int shown = 0;
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(rest, out Rune rune, out int used) != OperationStatus.Done)
            {
                rune = Rune.ReplacementChar;
            }

            string? escape = Escape(rune);
            shown += escape?.Length ?? 1;
            if (shown > maxCharacters)
            {
                isCut = true;
                break;
            }

            _ = escape is null ? text.Append(rune) : text.Append(escape);
            rest = rest[used..];
        }

        return isCut ? $"{text}{Ellipsis} ({utf8.Length + bytesBehind} bytes)" : text.ToString();
    }

    /// <summary>What an error message quotes of a value that is not acceptable: its beginning.</summary>
    public static string Quote(ReadOnlySpan<byte> utf8) => From(utf8, MaxQuotedCharacters);

    /// <summary>Escapes text; lone surrogates are shown as U+FFFD.</summary>
    public static string From(ReadOnlySpan<char> value)
    {
        var text = new StringBuilder(value.Length);
        foreach (Rune rune in value.EnumerateRunes())
        {
            _ = Escape(rune) is string escape ? text.Append(escape) : text.Append(rune);
        }

        return text.ToString();
    }

    /// <summary>Escapes text into UTF-8; lone surrogates are shown as U+FFFD.</summary>
    public static void Write(ReadOnlySpan<char> value, IBufferWriter<byte> output)
    {
        while (!value.IsEmpty)
        {
            int safe = SafeLength(value);
            output.Advance(Encoding.UTF8.GetBytes(value[..safe], output.GetSpan(Encoding.UTF8.GetMaxByteCount(safe))));
            value = value[safe..];
            if (!value.IsEmpty)
            {
                Rune.DecodeFromUtf16(value, out Rune rune, out int used);
                string escape = Escape(rune) ?? rune.ToString();
                output.Advance(Encoding.UTF8.GetBytes(escape, output.GetSpan(Encoding.UTF8.GetMaxByteCount(escape.Length))));
                value = value[used..];
            }
        }
    }

    /// <summary>Decodes and cuts bytes that should be UTF-8. Does not escape them: for a log line, which is escaped where it is written.</summary>
    /// <remarks>Invalid UTF-8 becomes U+FFFD. A longer text is marked with an ellipsis and the whole number of bytes.</remarks>
    public static string Cut(ReadOnlySpan<byte> utf8, int maxCharacters = MaxQuotedCharacters)
    {
        int length = PrefixLength(utf8, maxCharacters);
        string text = Encoding.UTF8.GetString(utf8[..length]);
        return length == utf8.Length ? text : $"{text}{Ellipsis} ({utf8.Length} bytes)";
    }

    /// <summary>How many bytes of UTF-8 the first characters take.</summary>
    public static int PrefixLength(ReadOnlySpan<byte> utf8, int maxCharacters)
    {
        if (utf8.Length <= maxCharacters)
        {
            return utf8.Length;
        }

        ReadOnlySpan<byte> rest = utf8;
        for (int i = 0; i < maxCharacters && !rest.IsEmpty; i++)
        {
            Rune.DecodeFromUtf8(rest, out _, out int used);
            rest = rest[used..];
        }

        return utf8.Length - rest.Length;
    }

    /// <summary>How long the text is up to the first character that has to be escaped, or surrogate without its other half.</summary>
    internal static int SafeLength(ReadOnlySpan<char> text)
    {
        int length = 0;
        while (length < text.Length)
        {
            int used = 1;
            if (text[length] is < ' ' or > '~' &&
                (Rune.DecodeFromUtf16(text[length..], out Rune rune, out used) != OperationStatus.Done || IsUnsafe(rune)))
            {
                break;
            }

            length += used;
        }

        return length;
    }

    /// <summary>Whether a character could forge a line, drive a terminal, or make text read as something else.</summary>
    internal static bool IsUnsafe(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => true,
        UnicodeCategory.Format => !ShapesText(rune.Value),
        _ => false,
    };

    private static string? Escape(Rune rune) => rune.Value switch
    {
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        _ when IsUnsafe(rune) => $"\\u{{{rune.Value:x}}}",
        _ => null,
    };

    /// <summary>
    /// Whether a format character is ordinary text: ZWNJ and ZWJ (Persian, Hindi, emoji), and Unicode's Prepended_Concatenation_Mark, signs
    /// of Arabic, Syriac and Kaithi that are drawn around the digits behind them.
    /// </summary>
    private static bool ShapesText(int character) => character is
        0x200C or 0x200D or (>= 0x0600 and <= 0x0605) or 0x06DD or 0x070F or 0x0890 or 0x0891 or 0x08E2 or 0x110BD or 0x110CD;
}
