using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.WebSockets;
using EchoServer.WebSockets.Compression;
using JsonMembers = (string Name, object? Value)[];

namespace EchoServer.Client.Output;

/// <summary>For scripts: a JSON object a line on standard output. Its names do not change; new ones may come.</summary>
internal sealed class JsonOutput(ClientOptions options, Stream output) : ClientOutput(options)
{
    internal override void Sent(ClientInput sent)
    {
        if (sent.Opcode != Opcode.Ping)
        {
            Write("sent", Message(sent.Opcode == Opcode.Text, sent.Payload));
        }
        else if (Options.ShowsPings)
        {
            Write("ping", Ping("sent", sent.Payload));
        }
    }

    internal override void Received(ClientEvent message) => Write("message", Message(message.IsText, message.Payload));

    internal override void Pinged(byte[] payload)
    {
        if (Options.ShowsPings)
        {
            Write("ping", Ping("received", payload));
        }
    }

    internal override void Ponged(byte[] payload, TimeSpan? roundTrip, bool isAsked)
    {
        if (Options.ShowsPings)
        {
            JsonMembers time = roundTrip is TimeSpan known ? [("roundTripMilliseconds", Math.Round(known.TotalMilliseconds, 3))] : [];
            Write("pong", [.. Ping("received", payload), .. time]);
        }
    }

    internal override void Reconnecting(TimeSpan pause) => Write("reconnect", ("pauseSeconds", pause.TotalSeconds));

    protected override void ShowOpen(ClientConnection connection) => Write(
        "open",
        ("url", UrlText.Of(Options.Connection.Url)),
        ("subprotocol", connection.Subprotocol),
        ("compression", connection.Extensions is { Length: > 0 } agreed ? agreed : null));

    protected override void ShowEnd(ConversationEnd end)
    {
        JsonMembers counts = end.Compressed is var (received, sent) ? [("compressedSent", Counts(sent)), ("compressedReceived", Counts(received))] : [];
        Write(
            "close",
            [
                ("by", end.IsOurs ? "client" : end.Received is null ? "nobody" : "server"),
                ("sent", Close(end.Sent)),
                ("received", Close(end.Received)),
                .. counts,
            ]);
    }

    protected override void WriteNote(string text)
    {
        // Every note is an object of its own.
    }

    protected override void WriteFailure(Fault fault, ReceivedAnswer? answer = null)
    {
        base.WriteFailure(fault, answer);
        JsonMembers status = answer is null ? [] : [("status", answer.Status)];
        Write("error", [("cause", fault.Cause), ("advice", fault.Advice), .. status]);
    }

    private static JsonMembers Message(bool isText, byte[] payload) =>
    [
        ("type", isText ? "text" : "binary"),
        ("bytes", payload.Length),
        isText ? ("text", Encoding.UTF8.GetString(payload)) : ("base64", Convert.ToBase64String(payload)),
    ];

    private static JsonMembers Ping(string direction, byte[] payload) =>
        [("direction", direction), ("payload", Encoding.UTF8.GetString(payload))];

    private static JsonMembers? Close((CloseCode Code, string Reason)? close) => close is not var (code, reason) ? null :
    [
        ("code", (int)code),
        ("name", Enum.IsDefined(code) ? code.ToString() : ""),
        ("reason", reason),
    ];

    private static JsonMembers Counts(CompressedCounts counts) =>
    [
        ("messages", counts.Messages),
        ("bytes", counts.PlainBytes),
        ("compressedBytes", counts.CompressedBytes),
    ];

    private void Write(string name, params JsonMembers members)
    {
        byte[] line = ReadableJson.Write(ReadableJson.Compact, [("time", Times.UtcNow()), ("event", name), .. members]);
        lock (Writing)
        {
            output.Write(line);
            output.Flush();
        }
    }
}
