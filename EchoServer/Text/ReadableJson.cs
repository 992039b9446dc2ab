using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace EchoServer.Text;

/// <summary>Escapes text in JSON only where JSON or a terminal needs it: other characters than ASCII stay as they are.</summary>
/// <remarks>
/// RFC 8259 §7 asks for quotation marks, backslashes and control characters. The others are those of <see cref="EscapedText"/>, so that a
/// line of JSON is as safe to look at as a line of text. A lone surrogate becomes U+FFFD. Safe on any thread.
/// </remarks>
internal sealed unsafe class ReadableJson : JavaScriptEncoder
{
    /// <summary>JSON on one line.</summary>
    internal static readonly JsonWriterOptions Compact = new() { Encoder = new ReadableJson() };

    /// <summary>JSON for people.</summary>
    internal static readonly JsonWriterOptions Indented = Compact with { Indented = true };

    private ReadableJson()
    {
    }

    /// <summary>Writes one object in UTF-8, with a line feed behind it.</summary>
    internal static byte[] WriteObject(JsonWriterOptions options, Action<Utf8JsonWriter> writeMembers)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, options))
        {
            json.WriteStartObject();
            writeMembers(json);
            json.WriteEndObject();
        }

        bytes.Write("\n"u8);
        return bytes.WrittenSpan.ToArray();
    }

    /// <inheritdoc/>
    public override int MaxOutputCharactersPerInputCharacter => "\\u0000".Length;

    /// <inheritdoc/>
    public override int FindFirstCharacterToEncode(char* text, int textLength)
    {
        var span = new ReadOnlySpan<char>(text, textLength);
        int safe = EscapedText.SafeLength(span);
        int special = span[..safe].IndexOfAny('"', '\\');
        return special >= 0 ? special : safe < textLength ? safe : -1;
    }

    /// <inheritdoc/>
    public override bool WillEncode(int unicodeScalar) => unicodeScalar is '"' or '\\' || EscapedText.IsUnsafe(new Rune(unicodeScalar));

    /// <inheritdoc/>
    public override bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
    {
        var output = new Span<char>(buffer, bufferLength);
        string? shortEscape = unicodeScalar switch
        {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            _ => null,
        };
        if (shortEscape is not null)
        {
            numberOfCharactersWritten = shortEscape.Length;
            return shortEscape.TryCopyTo(output);
        }

        // A character beyond the first 65536 is written as its two surrogates.
        Span<char> units = stackalloc char[2];
        return new Rune(unicodeScalar).EncodeToUtf16(units) == 1
            ? output.TryWrite($"\\u{(int)units[0]:x4}", out numberOfCharactersWritten)
            : output.TryWrite($"\\u{(int)units[0]:x4}\\u{(int)units[1]:x4}", out numberOfCharactersWritten);
    }
}
