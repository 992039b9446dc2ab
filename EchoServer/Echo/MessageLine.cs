using System.Text.Json;
using EchoServer.WebSockets;
using Microsoft.Extensions.Logging;

namespace EchoServer.Echo;

/// <summary>The tutorial's log line for a message, after the connection's number; a binary message is told by its size.</summary>
/// <remarks>
/// Each thread fills in its own line again and again: a logged message allocates nothing. The log writes its sentence, or its values, at
/// once, and keeps nothing of it.
/// </remarks>
internal sealed class MessageLine
{
    /// <summary>The most characters of a message's text that a line shows.</summary>
    internal const int MaxCharacters = 256;

    private const char Ellipsis = '…';

    // "#9223372036854775807 Received Message: " before the text, "… (2147483647 bytes)" or "2147483647 bytes, binary" behind it.
    private const int RoomForWords = 80;

    private static readonly EventId TextEvent = new(10, "message");
    private static readonly EventId BinaryEvent = new(11, "message");

    [ThreadStatic]
    private static MessageLine? _line;

    private readonly char[] _sentence = new char[(2 * MaxCharacters) + RoomForWords];
    private int _length;
    private long _connectionId;
    private int _bytes;
    private Range? _text;

    /// <summary>The line without its time, level and category. Not escaped.</summary>
    internal ReadOnlySpan<char> Sentence => _sentence.AsSpan(0, _length);

    internal static void Log(ILogger log, long connectionId, Message message)
    {
        if (log.IsEnabled(LogLevel.Information))
        {
            MessageLine line = _line ??= new MessageLine();
            line.FillIn(connectionId, message);
            log.Log(LogLevel.Information, message.IsText ? TextEvent : BinaryEvent, line, null, static (line, _) => line.Sentence.ToString());
        }
    }

    /// <summary>Writes the values as members of the object that is open.</summary>
    internal void WriteValues(Utf8JsonWriter json)
    {
        json.WriteNumber("connectionId"u8, _connectionId);
        json.WriteNumber("bytes"u8, _bytes);
        if (_text is Range text)
        {
            json.WriteString("text"u8, _sentence.AsSpan(text));
        }
    }

    private void FillIn(long connectionId, Message message)
    {
        _connectionId = connectionId;
        _bytes = message.Bytes.Length;
        _text = null;
        Span<char> sentence = _sentence;
        _length = Write("#", connectionId, " Received Message: ", sentence);
        if (!message.IsText)
        {
            _length += Write("", _bytes, " bytes, binary", sentence[_length..]);
            return;
        }

        int start = _length;
        int shown = EscapedText.PrefixLength(message.Bytes, MaxCharacters);
        _length += Encoding.UTF8.GetChars(message.Bytes[..shown], sentence[start..]);
        if (shown < _bytes)
        {
            sentence[_length++] = Ellipsis;
        }

        _text = start.._length;
        if (shown < _bytes)
        {
            _length += Write(" (", _bytes, " bytes)", sentence[_length..]);
        }
    }

    /// <summary>Writes a number between words. Interpolation boxes some of them.</summary>
    private static int Write(string before, long number, string after, Span<char> output)
    {
        before.CopyTo(output);
        number.TryFormat(output[before.Length..], out int digits, provider: CultureInfo.InvariantCulture);
        after.CopyTo(output[(before.Length + digits)..]);
        return before.Length + digits + after.Length;
    }
}
