using System.Buffers;
using System.Text.Json;
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

    internal override int TimestampOffset => "{\"time\":\""u8.Length;

    internal override bool ShowsValues => true;

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
                ReadableJson.WriteValue(writer, value);
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
}
