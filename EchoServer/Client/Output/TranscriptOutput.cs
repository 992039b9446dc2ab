using EchoServer.Connect;
using EchoServer.WebSockets;

namespace EchoServer.Client.Output;

/// <summary>The tutorial's transcript on standard output: for messages of the command line.</summary>
internal sealed class TranscriptOutput(ClientOptions options, TextWriter output) : ClientOutput(options)
{
    internal override void Sent(ClientInput sent)
    {
        base.Sent(sent);
        if (sent.Opcode != Opcode.Ping && !Options.IsQuiet)
        {
            Write($"{Time()}Sent Message: {EscapedText.From(sent.Payload)}");
        }
    }

    internal override void Received(ClientEvent message)
    {
        string shown = message.IsText ? EscapedText.From(message.Payload) : $"{Numbers.Of(message.Payload.Length, "byte")}, binary";
        Write(Options.IsQuiet ? $"{Time()}{shown}" : $"{Time()}Received Message: {shown}");
    }

    protected override void ShowEnd(ConversationEnd end)
    {
        if (end.Failure is null && !Options.IsQuiet)
        {
            Write("Disconnected from Server");
        }
    }

    protected override void WriteNote(string text) => WriteErrorLine($"{Time()}{text}", isFailure: false);

    private void Write(string line)
    {
        lock (Writing)
        {
            output.WriteLine(line);
        }
    }
}
