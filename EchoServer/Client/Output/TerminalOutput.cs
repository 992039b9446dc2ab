using EchoServer.Client.Terminal;
using EchoServer.Connect;

namespace EchoServer.Client.Output;

/// <summary>For a terminal: prints above the line that is being typed, with text from the network escaped.</summary>
internal sealed class TerminalOutput(ClientOptions options, TerminalScreen screen, bool hasColours) : ClientOutput(options)
{
    // A screen holds less. The rest of a longer message is in --json, or in a pipe.
    private const int MaxShownCharacters = 16 * 1024;

    // ECMA-48 SGR.
    private const string Cyan = "\u001b[36m";
    private const string Red = "\u001b[31m";
    private const string Dim = "\u001b[2m";
    private const string Plain = "\u001b[0m";

    internal override void Received(ClientEvent message)
    {
        string mark = $"{Time()}{Coloured(Cyan, "<")} ";
        if (message.IsText)
        {
            screen.Print(mark + EscapedText.From(message.Payload, MaxShownCharacters));
            return;
        }

        string dump = HexDump.Of(message.Payload, "  ");
        screen.Print($"{mark}{Numbers.Of(message.Payload.Length, "byte")}, binary{(dump.Length > 0 ? "\n" : "")}{dump}");
    }

    /// <summary>What a command at the prompt has to say.</summary>
    internal void Answer(string text) => screen.Print(Coloured(Dim, text));

    protected override void ShowOpen(ClientConnection connection)
    {
        string subprotocol = connection.Subprotocol is null ? "" : $", subprotocol {EscapedText.From(connection.Subprotocol.AsSpan())}";
        Note($"Connected to {ShownUrl}{subprotocol} (/help lists commands, Ctrl-D leaves)");
        screen.ShowPrompt();
    }

    protected override void ShowEnd(ConversationEnd end)
    {
        if (end.IsOurs)
        {
            Note($"Closed with {CloseMeaning.Describe(end.Sent!.Value)}");
            Note(end.Received is { } answer
                ? $"The server answered {CloseMeaning.Describe(answer)}"
                : $"The server did not answer: {CloseMeaning.OfNone}");
        }
        else
        {
            Note(end.Received is { } received
                ? $"The server closed with {CloseMeaning.Describe(received)}"
                : $"Disconnected: {CloseMeaning.OfNone}");
            if (end.Sent is { } sent)
            {
                Note($"Answered with {CloseMeaning.Describe(sent)}");
            }
        }
    }

    protected override void WriteNote(string text) => screen.Print(Time() + Coloured(Dim, text));

    /// <summary>On standard error, where that is not the same terminal.</summary>
    protected override void WriteErrorLine(string line, bool isFailure)
    {
        if (Console.IsErrorRedirected)
        {
            base.WriteErrorLine(line, isFailure);
        }
        else
        {
            screen.Print(Coloured(isFailure ? Red : Dim, line));
        }
    }

    private string Coloured(string colour, string text) => hasColours ? colour + text + Plain : text;
}
