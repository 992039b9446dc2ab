using EchoServer.Connect;
using EchoServer.WebSockets;

namespace EchoServer.Client.Terminal;

/// <summary>What a line at the prompt means: the input to send, the text to show, or both.</summary>
internal sealed record PromptCommand(ClientInput? Input, string? Answer = null)
{
    internal const string Help =
        """
        <text>                   send a text message
        //<text>                 send a text message that begins with one /
        /ping [text]             send a ping; its pong is shown with the time it took
        /binary <hex digits>     send a binary message: /binary de ad be ef
        /file <path>             send a file as a binary message; Tab completes its name
        /close [code] [reason]   close and leave; without a code with 1000
        /help                    this list
        Ctrl-D, Ctrl-C           close with 1000 and leave
        """;

    private const char Slash = '/';

    private static readonly TimeSpan FilePatience = TimeSpan.FromSeconds(1);

    internal static PromptCommand Parse(string line)
    {
        if (!line.StartsWith(Slash) || line.StartsWith("//", StringComparison.Ordinal))
        {
            return new(new ClientInput(Opcode.Text, Encoding.UTF8.GetBytes(line.StartsWith(Slash) ? line[1..] : line)));
        }

        string[] words = line.Split(' ', 2, StringSplitOptions.TrimEntries);
        string rest = words.Length > 1 ? words[1] : "";
        return words[0] switch
        {
            "/help" => new(null, Help),
            "/ping" => Ping(rest),
            "/binary" => Binary(rest),
            "/file" => File(rest),
            "/close" => Close(rest),
            _ => new(null, $"'{EscapedText.From(words[0].AsSpan())}' is not a command: /help lists them, //... sends text that begins with /"),
        };
    }

    private static PromptCommand Ping(string text)
    {
        byte[] payload = Encoding.UTF8.GetBytes(text);
        return payload.Length <= Frame.MaxControlPayload
            ? new(new ClientInput(Opcode.Ping, payload))
            : new(null, $"a ping carries at most {Frame.MaxControlPayload} bytes, and this text has {payload.Length}");
    }

    private static PromptCommand Binary(string text)
    {
        // What people paste: "de ad", "de:ad", "0xde, 0xad".
        string digits = string.Concat(text.Replace("0x", "", StringComparison.OrdinalIgnoreCase).Where(character => !" \t:,;-".Contains(character, StringComparison.Ordinal)));
        if (digits.FirstOrDefault(character => !char.IsAsciiHexDigit(character)) is char wrong and not '\0')
        {
            return new(null, $"'{EscapedText.From([wrong])}' is not a hex digit (0-9, a-f)");
        }

        return digits.Length % 2 == 0
            ? new(new ClientInput(Opcode.Binary, Convert.FromHexString(digits)))
            : new(null, $"an odd number of hex digits ({digits.Length}) is not a whole number of bytes");
    }

    /// <summary>Puts the user's own directory in place of a '~', as shells do.</summary>
    internal static string FullPath(string path) => path.StartsWith("~/", StringComparison.Ordinal)
        ? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + path[1..]
        : path;

    private static PromptCommand File(string path)
    {
        string shown = EscapedText.From(path.AsSpan());
        try
        {
            var file = new FileInfo(FullPath(path));
            if (!file.Exists)
            {
                return new(null, $"'{shown}' is not a file");
            }

            // An empty file may be a pipe without a writer, and reading it would block the prompt for good.
            Task<byte[]> reading = Task.Run(() => Read(file));
            if (file.Length == 0 && Task.WaitAny([reading], FilePatience) < 0)
            {
                return new(null, $"'{shown}' cannot be read: nothing came from it");
            }

            byte[] bytes = reading.GetAwaiter().GetResult();
            return bytes.Length <= ClientConnection.MaxMessageBytes
                ? new(new ClientInput(Opcode.Binary, bytes), $"sending {Numbers.Of(bytes.Length, "byte")} of {shown}")
                : new(null, $"'{shown}' is larger than {ClientConnection.MaxMessageBytes} bytes");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return new(null, path.Length == 0 ? "/file: a path is needed" : $"'{shown}' cannot be read: {EscapedText.From(exception.Message.AsSpan())}");
        }
    }

    /// <returns>All of it, or one byte more than a message may have.</returns>
    private static byte[] Read(FileInfo file)
    {
        using FileStream stream = file.OpenRead();
        byte[] bytes = new byte[ClientConnection.MaxMessageBytes + 1];
        return bytes[..stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }

    private static PromptCommand Close(string text)
    {
        string[] words = text.Split(' ', 2, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0)
        {
            return new(new ClientInput(Opcode.Close, []));
        }

        bool isNumber = int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out int code);
        string reason = words.Length > 1 ? words[1] : "";
        return !isNumber || !ClosePayload.IsCodeAllowed(code)
            ? new(null, $"'{EscapedText.From(words[0].AsSpan())}' is not a close code that may be sent (1000-1003, 1007-1014, 3000-4999)")
            : Encoding.UTF8.GetByteCount(reason) > ClosePayload.MaxBytes - sizeof(ushort)
                ? new(null, $"a close reason has at most {ClosePayload.MaxBytes - sizeof(ushort)} bytes")
                : new(new ClientInput(Opcode.Close, [], (CloseCode)code, reason));
    }
}
