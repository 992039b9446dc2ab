using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace EchoServer.Commands.Logging;

/// <summary>Formats a line as a JSON object: Timestamp, EventId, LogLevel, Category, Message, Exception, State.</summary>
/// <remarks>As the JSON console of Microsoft.Extensions.Logging does: tools that read its lines read these.</remarks>
internal sealed class JsonLineFormatter : LineFormatter
{
    private static readonly byte[] LineEnd = Encoding.ASCII.GetBytes(Environment.NewLine);

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    /// <inheritdoc/>
    internal override int TimestampOffset => "{\"Timestamp\":\""u8.Length;

    /// <inheritdoc/>
    internal override bool ShowsProperties => true;

    /// <inheritdoc/>
    internal override void Format(in LogLine line, IBufferWriter<byte> output)
    {
        Utf8JsonWriter writer = _writer ??= new Utf8JsonWriter(output);
        writer.Reset(output);
        writer.WriteStartObject();
        writer.WriteString("Timestamp"u8, TimestampPlaceholder);
        writer.WriteNumber("EventId"u8, line.EventId);
        writer.WriteString("LogLevel"u8, Name(line.Level));
        writer.WriteString("Category"u8, line.Category);
        writer.WriteString("Message"u8, line.Message);
        if (line.Exception is not null)
        {
            writer.WriteString("Exception"u8, line.Exception);
        }

        writer.WriteStartObject("State"u8);
        for (int i = 0; i < line.Properties?.Count; i++)
        {
            WriteProperty(writer, line.Properties[i]);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
        output.Write(LineEnd);
    }

    private static ReadOnlySpan<byte> Name(LogLevel level) => level switch
    {
        LogLevel.Trace => "Trace"u8,
        LogLevel.Debug => "Debug"u8,
        LogLevel.Information => "Information"u8,
        LogLevel.Warning => "Warning"u8,
        LogLevel.Error => "Error"u8,
        _ => "Critical"u8,
    };

    /// <summary>Writes booleans and numbers as such, every other value as a string in the invariant culture.</summary>
    private static void WriteProperty(Utf8JsonWriter writer, KeyValuePair<string, object?> property)
    {
        writer.WritePropertyName(property.Key);
        switch (property.Value)
        {
            case null:
                writer.WriteNullValue();
                break;
            case bool value:
                writer.WriteBooleanValue(value);
                break;
            case sbyte or short or int or long:
                writer.WriteNumberValue(Convert.ToInt64(property.Value, CultureInfo.InvariantCulture));
                break;
            case byte or ushort or uint or ulong:
                writer.WriteNumberValue(Convert.ToUInt64(property.Value, CultureInfo.InvariantCulture));
                break;
            case float value:
                writer.WriteNumberValue(value);
                break;
            case double value:
                writer.WriteNumberValue(value);
                break;
            case decimal value:
                writer.WriteNumberValue(value);
                break;
            default:
                writer.WriteStringValue(Convert.ToString(property.Value, CultureInfo.InvariantCulture));
                break;
        }
    }
}
