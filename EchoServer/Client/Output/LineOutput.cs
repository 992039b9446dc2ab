using EchoServer.Connect;

namespace EchoServer.Client.Output;

/// <summary>A message a line on standard output, and nothing else there: for pipes.</summary>
/// <remarks>
/// Text arrives as it was sent, but stays one line and drives nothing: control characters are escaped, except for the tab. Where
/// standard output is a terminal all that could deceive is escaped. Binary messages are hex digits.
/// </remarks>
internal sealed class LineOutput(ClientOptions options, Stream output) : ClientOutput(options), IDisposable
{
    private readonly StreamWriter _output = new(output, new UTF8Encoding(false)) { NewLine = "\n" };
    private readonly bool _isTerminal = !Console.IsOutputRedirected;

    internal override void Received(ClientEvent message)
    {
        lock (Writing)
        {
            _output.Write(Time());
            _output.WriteLine(
                !message.IsText ? Convert.ToHexStringLower(message.Payload)
                : _isTerminal ? EscapedText.From(message.Payload)
                : OneLine(Encoding.UTF8.GetString(message.Payload)));
            _output.Flush();
        }
    }

    protected override void ShowEnd(ConversationEnd end)
    {
        if (end is { Failure: null, IsOurs: false, Received: { } close })
        {
            Note($"the server closed with {CloseMeaning.Describe(close)}");
        }
    }

    protected override void WriteNote(string text) => WriteErrorLine($"{Time()}EchoServer: {text}", isFailure: false);

    public void Dispose() => _output.Dispose();

    private static string OneLine(string text) => !text.Any(IsEscaped) ? text : string.Concat(text.Select(character => character switch
    {
        '\n' => "\\n",
        '\r' => "\\r",
        _ when IsEscaped(character) => $"\\u{{{(int)character:x}}}",
        _ => character.ToString(),
    }));

    // U+2028 and U+2029 end a line for some programs.
    private static bool IsEscaped(char character) => (char.IsControl(character) && character != '\t') || character is '\u2028' or '\u2029';
}
