using System.Buffers;
using Microsoft.Extensions.Logging;

namespace EchoServer.Commands.Logging;

/// <summary>Formats a line of text: time, level, category with event number, sentence, exception.</summary>
/// <remarks>As the console of Microsoft.Extensions.Logging does with a timestamp and single lines, but escaped.</remarks>
internal sealed class TextLineFormatter : LineFormatter
{
    // "-2147483648".
    private const int MaxEventIdLength = 11;

    internal override int TimestampOffset => 0;

    internal override bool ShowsValues => false;

    internal override void Format(in LogLine line, IBufferWriter<byte> output)
    {
        output.Write(TimestampPlaceholder);
        output.Write(Word(line.Level));
        Append(line.Category, output);
        output.Write("["u8);
        bool fits = line.Event.Id.TryFormat(output.GetSpan(MaxEventIdLength), out int digits);
        Debug.Assert(fits, "room is reserved for the longest number");
        output.Advance(digits);
        output.Write("] "u8);
        EscapedText.Write(line.Sentence, output);
        if (line.Exception is not null)
        {
            output.Write(" "u8);
            EscapedText.Write(line.Exception, output);
        }

        Append(Environment.NewLine, output);
    }

    private static ReadOnlySpan<byte> Word(LogLevel level) => level switch
    {
        LogLevel.Trace => " trce: "u8,
        LogLevel.Debug => " dbug: "u8,
        LogLevel.Information => " info: "u8,
        LogLevel.Warning => " warn: "u8,
        LogLevel.Error => " fail: "u8,
        _ => " crit: "u8,
    };

    private static void Append(string text, IBufferWriter<byte> output) =>
        output.Advance(Encoding.UTF8.GetBytes(text, output.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length))));
}
