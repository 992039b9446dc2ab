using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using EchoServer.Text;
using Microsoft.Extensions.Logging;

namespace EchoServer.Commands.Logging;

/// <summary>Formats a line as a JSON object: time, level, event, and the values of the event by name.</summary>
/// <remarks>A line without a named event or without values has the category and the sentence as well.</remarks>
internal sealed class JsonLineFormatter : LineFormatter
{
    // The library's name for the template of the sentence, which it passes on as the last value.
    private const string Template = "{OriginalFormat}";

    private static readonly byte[] LineEnd = Encoding.ASCII.GetBytes(Environment.NewLine);

    // The words that --log-level takes.
    private static readonly JsonEncodedText[] Levels =
        [.. Enum.GetNames<LogLevel>().Select(name => JsonEncodedText.Encode(name.ToLowerInvariant()))];

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    /// <inheritdoc/>
    internal override int TimestampOffset => "{\"time\":\""u8.Length;

    /// <inheritdoc/>
    internal override bool ShowsValues => true;

    /// <inheritdoc/>
    internal override void Format(in LogLine line, IBufferWriter<byte> output)
    {
        Utf8JsonWriter writer = _writer ??= new Utf8JsonWriter(output, ReadableJson.Compact);
        writer.Reset(output);
        writer.WriteStartObject();
        writer.WriteString("time"u8, TimestampPlaceholder);
        writer.WriteString("level"u8, Levels[(int)line.Level]);
        if (line.Event.Name is not null)
        {
            writer.WriteString("event"u8, JsonNamingPolicy.CamelCase.ConvertName(line.Event.Name));
        }

        if (line.Event.Name is null || (line.Values is null && line.Prepared is null))
        {
            writer.WriteString("category"u8, line.Category);
            writer.WriteString("message"u8, line.Sentence);
        }

        line.Prepared?.WriteValues(writer);
        for (int i = 0; i < line.Values?.Count; i++)
        {
            (string name, object? value) = line.Values[i];
            value = value is LoggedValue logged ? logged.Value : value;
            if (value is not null && name != Template)
            {
                writer.WritePropertyName(JsonNamingPolicy.CamelCase.ConvertName(name));
                Write(writer, value);
            }
        }

        if (line.Exception is not null)
        {
            writer.WriteString("exception"u8, line.Exception);
        }

        writer.WriteEndObject();
        writer.Flush();
        output.Write(LineEnd);
    }

    /// <summary>Writes booleans and numbers as such, every other value as a string in the invariant culture.</summary>
    private static void Write(Utf8JsonWriter writer, object value)
    {
        switch (value)
        {
            case bool flag:
                writer.WriteBooleanValue(flag);
                break;
            case sbyte or short or int or long:
                writer.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case byte or ushort or uint or ulong:
                writer.WriteNumberValue(Convert.ToUInt64(value, CultureInfo.InvariantCulture));
                break;
            case float number:
                writer.WriteNumberValue(number);
                break;
            case double number:
                writer.WriteNumberValue(number);
                break;
            case decimal number:
                writer.WriteNumberValue(number);
                break;
            default:
                writer.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }
}
