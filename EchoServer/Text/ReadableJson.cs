using System.Buffers;
using System.Collections;
using System.Text.Encodings.Web;
using System.Text.Json;
using JsonMembers = (string Name, object? Value)[];

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

    /// <summary>Writes one object in UTF-8, <see cref="Compact"/> or <see cref="Indented"/>, with a line feed behind it.</summary>
    internal static byte[] Write(JsonWriterOptions options, JsonMembers members)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, options))
        {
            WriteValue(json, members);
        }

        bytes.Write("\n"u8);
        return bytes.WrittenSpan.ToArray();
    }

    public override int MaxOutputCharactersPerInputCharacter => "\\u0000".Length;

    public override int FindFirstCharacterToEncode(char* text, int textLength)
    {
        var span = new ReadOnlySpan<char>(text, textLength);
        int safe = EscapedText.SafeLength(span);
        int special = span[..safe].IndexOfAny('"', '\\');
        return special >= 0 ? special : safe < textLength ? safe : -1;
    }

    public override bool WillEncode(int unicodeScalar) => unicodeScalar is '"' or '\\' || EscapedText.IsUnsafe(new Rune(unicodeScalar));

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

    /// <summary>Writes numbers, booleans, objects and lists as such, every other value as a string in the invariant culture.</summary>
    internal static void WriteValue(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case sbyte or byte or short or ushort or int or uint or long or ulong or decimal:
                json.WriteNumberValue(Convert.ToDecimal(value, CultureInfo.InvariantCulture));
                break;
            case float number:
                json.WriteNumberValue(number);
                break;
            case double number:
                json.WriteNumberValue(number);
                break;
            case JsonMembers members:
                json.WriteStartObject();
                foreach ((string name, object? member) in members)
                {
                    json.WritePropertyName(name);
                    WriteValue(json, member);
                }

                json.WriteEndObject();
                break;
            case IEnumerable values:
                json.WriteStartArray();
                foreach (object? item in values)
                {
                    WriteValue(json, item);
                }

                json.WriteEndArray();
                break;
            default:
                json.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }
}
