using System.Threading.Channels;
using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.Http;
using EchoServer.WebSockets;
using EchoServer.WebSockets.Compression;

namespace EchoServer.Client.Output;

/// <summary>What the client shows. Messages go to standard output; what else there is to say goes where the kind of output has it.</summary>
/// <remarks>Safe on any thread: messages come in while others go out.</remarks>
internal abstract class ClientOutput(ClientOptions options)
{
    /// <summary>Held while anything is written, so that lines stay whole.</summary>
    protected Lock Writing { get; } = new();

    protected ClientOptions Options { get; } = options;

    protected string ShownUrl { get; } = UrlText.Shown(options.Connection.Url);

    internal void Opened(ClientConnection connection)
    {
        WriteHeads(connection.Heads);
        ShowOpen(connection);
    }

    /// <summary>Something was sent. Only pings are noted.</summary>
    internal virtual void Sent(ClientInput sent)
    {
        if (sent.Opcode == Opcode.Ping && Options.ShowsPings)
        {
            Note($"ping sent{Quoted(sent.Payload)}");
        }
    }

    internal abstract void Received(ClientEvent message);

    /// <summary>A ping came, and was answered.</summary>
    internal virtual void Pinged(byte[] payload)
    {
        if (Options.ShowsPings)
        {
            Note($"ping received{Quoted(payload)}, pong sent");
        }
    }

    /// <summary>A pong came.</summary>
    internal virtual void Ponged(byte[] payload, TimeSpan? roundTrip, bool isAsked)
    {
        if (Options.ShowsPings || isAsked)
        {
            Note($"pong received{Quoted(payload)} {(roundTrip is TimeSpan time ? $"after {Times.ShowShort(time)}" : "that answers no ping")}");
        }
    }

    internal void Closed(ConversationEnd end)
    {
        if (Options.Connection.OffersCompression)
        {
            Note(end.Compressed is var (received, sent)
                ? $"compressed: {Describe(sent)} sent, {Describe(received)} received; messages that would not get smaller go as they are"
                : "not compressed: the server, or a proxy on the way, does not agree on permessage-deflate");
        }

        ShowEnd(end);
        if (end.Failure is not null)
        {
            WriteFailure(end.Failure);
        }
    }

    internal void Failed(ConnectionFailedException failure)
    {
        WriteHeads(failure.Heads);
        WriteFailure(failure.Fault, failure.Answer);
    }

    /// <summary>The next attempt to connect comes after a pause.</summary>
    internal virtual void Reconnecting(TimeSpan pause) =>
        Note($"connecting again in {Times.Seconds(pause)}");

    /// <summary>Says how many messages nothing will send any more.</summary>
    /// <param name="ended">Those that wait, to which no other comes.</param>
    internal void NotSent(ChannelReader<ClientInput> ended)
    {
        int count = 0;
        while (ended.TryRead(out ClientInput? message))
        {
            count += message.Opcode == Opcode.Close ? 0 : 1;
        }

        if (count > 0)
        {
            Note($"not sent: {count} message{(count == 1 ? "" : "s")}");
        }
    }

    /// <summary>Shows that a connection is open: which URL is meant by one that was typed without a scheme.</summary>
    protected virtual void ShowOpen(ClientConnection connection)
    {
        if (Options.IsSchemeMeant)
        {
            Note($"connected to {ShownUrl}");
        }
    }

    /// <summary>Shows how a conversation ended; cause and advice of a failure follow.</summary>
    protected abstract void ShowEnd(ConversationEnd end);

    /// <summary>Something about the connection, and no message.</summary>
    protected void Note(string text)
    {
        if (!Options.IsQuiet)
        {
            WriteNote(text);
        }
    }

    /// <summary>Writes a note that is wanted.</summary>
    protected abstract void WriteNote(string text);

    /// <summary>Shows what went wrong, in one line on standard error.</summary>
    protected virtual void WriteFailure(Fault fault, ReceivedAnswer? answer = null) =>
        WriteErrorLine($"EchoServer: {ShownUrl}: {fault}", isFailure: true);

    /// <summary>Writes a line for people to standard error: a failure, or a line of a head.</summary>
    protected virtual void WriteErrorLine(string line, bool isFailure)
    {
        lock (Writing)
        {
            StandardError.WriteLine(line);
        }
    }

    /// <summary>The time, where it is asked for, to be put before a line.</summary>
    protected string Time() =>
        Options.HasTimestamps ? DateTime.Now.ToString("HH:mm:ss.fff ", CultureInfo.InvariantCulture) : "";

    /// <summary>What a ping or pong carries, ready to follow a word; nothing when it carries nothing.</summary>
    protected static string Quoted(byte[] payload) => payload.Length == 0 ? "" : $" '{EscapedText.From(payload)}'";

    private static string Describe(CompressedCounts counts) => counts.Messages == 0 ? "0 messages"
        : $"{Numbers.Of(counts.Messages, "message")} ({Numbers.Of(counts.PlainBytes, "byte")} as {counts.CompressedBytes})";

    private void WriteHeads(HandshakeHeads? heads)
    {
        if (Options.IsVerbose && heads is not null)
        {
            WriteHead("> ", heads.Request);
            WriteHead("< ", heads.Response);
        }
    }

    private void WriteHead(string mark, string head)
    {
        foreach (string line in head.Split("\r\n", StringSplitOptions.RemoveEmptyEntries))
        {
            // RFC 9112 §5: white space behind the colon is optional. A token before it tells a field from the first line; a faulty head may
            // have white space there too.
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            string name = colon < 0 ? "" : line[..colon].Trim();
            bool isSecret = HeaderFields.IsToken(Encoding.UTF8.GetBytes(name)) && SensitiveFields.Contains(name);
            string shown = isSecret ? $"{name}: (not shown)" : UrlText.WithoutSecrets(line);
            WriteErrorLine(mark + EscapedText.From(shown.AsSpan()), isFailure: false);
        }
    }
}
