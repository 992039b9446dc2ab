using System.Text;
using System.Text.Json;
using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.Text;
using EchoServer.WebSockets;
using EchoServer.WebSockets.Compression;

namespace EchoServer.Client.Output;

/// <summary>For scripts: a JSON object a line on standard output. Its names do not change; new ones may come.</summary>
internal sealed class JsonOutput : ClientOutput, IDisposable
{
    private readonly Stream _output;

    internal JsonOutput(ClientOptions options, Stream output)
        : base(options)
    {
        _output = output;
    }

    internal override void Opened(ClientConnection connection)
    {
        base.Opened(connection);
        Write("open", json =>
        {
            json.WriteString("url", UrlText.Of(Options.Connection.Url));
            json.WriteString("subprotocol", connection.Subprotocol);
            json.WriteString("compression", connection.Extensions is { Length: > 0 } agreed ? agreed : null);
        });
    }

    internal override void Sent(ClientInput sent)
    {
        if (sent.Opcode != Opcode.Ping)
        {
            Write("sent", json => WriteMessage(json, sent.Opcode == Opcode.Text, sent.Payload));
        }
        else if (Options.ShowsPings)
        {
            Write("ping", json => WritePing(json, "sent", sent.Payload));
        }
    }

    internal override void Received(ClientEvent message) =>
        Write("message", json => WriteMessage(json, message.Kind == ClientEventKind.Text, message.Payload));

    internal override void Pinged(byte[] payload)
    {
        if (Options.ShowsPings)
        {
            Write("ping", json => WritePing(json, "received", payload));
        }
    }

    internal override void Ponged(byte[] payload, TimeSpan? roundTrip, bool isAsked)
    {
        if (Options.ShowsPings)
        {
            Write("pong", json =>
            {
                WritePing(json, "received", payload);
                if (roundTrip is TimeSpan time)
                {
                    json.WriteNumber("roundTripMilliseconds", Math.Round(time.TotalMilliseconds, 3));
                }
            });
        }
    }

    internal override void Closed(ConversationEnd end)
    {
        Write("close", json =>
        {
            json.WriteString("by", end.IsOurs ? "client" : end.ReceivedCode is null ? "nobody" : "server");
            WriteCode(json, "sent", end.SentCode, end.SentReason);
            WriteCode(json, "received", end.ReceivedCode, end.ReceivedReason);
            if (end.Compressed is var (received, sent))
            {
                WriteCounts(json, "compressedSent", sent);
                WriteCounts(json, "compressedReceived", received);
            }
        });
        if (end.Failure is not null)
        {
            WriteFailure(end.Failure);
        }
    }

    internal override void Failed(ConnectionFailedException failure)
    {
        base.Failed(failure);
        Write("error", json => WriteFault(json, failure.Fault, failure.Answer));
    }

    internal override void Reconnecting(TimeSpan pause) =>
        Write("reconnect", json => json.WriteNumber("pauseSeconds", pause.TotalSeconds));

    public void Dispose() => _output.Dispose();

    protected override void Note(string text)
    {
        // Every note is an object of its own.
    }

    private void WriteFailure(Fault failure)
    {
        WriteError(failure.ToString());
        Write("error", json => WriteFault(json, failure, null));
    }

    private static void WriteFault(Utf8JsonWriter json, Fault fault, ReceivedAnswer? answer)
    {
        json.WriteString("cause", fault.Cause);
        json.WriteString("advice", fault.Advice);
        if (answer is not null)
        {
            json.WriteNumber("status", answer.Status);
        }
    }

    private static void WriteMessage(Utf8JsonWriter json, bool isText, byte[] payload)
    {
        json.WriteString("type", isText ? "text" : "binary");
        json.WriteNumber("bytes", payload.Length);
        if (isText)
        {
            json.WriteString("text", payload);
        }
        else
        {
            json.WriteBase64String("base64", payload);
        }
    }

    private static void WritePing(Utf8JsonWriter json, string direction, byte[] payload)
    {
        json.WriteString("direction", direction);
        json.WriteString("payload", Encoding.UTF8.GetString(payload));
    }

    private static void WriteCode(Utf8JsonWriter json, string side, CloseCode? code, string reason)
    {
        if (code is CloseCode known)
        {
            json.WriteStartObject(side);
            json.WriteNumber("code", (int)known);
            json.WriteString("name", Enum.IsDefined(known) ? known.ToString() : "");
            json.WriteString("reason", reason);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull(side);
        }
    }

    private static void WriteCounts(Utf8JsonWriter json, string name, CompressedCounts counts)
    {
        json.WriteStartObject(name);
        json.WriteNumber("messages", counts.Messages);
        json.WriteNumber("bytes", counts.PlainBytes);
        json.WriteNumber("compressedBytes", counts.CompressedBytes);
        json.WriteEndObject();
    }

    private void Write(string name, Action<Utf8JsonWriter> writeRest)
    {
        byte[] line = ReadableJson.WriteObject(ReadableJson.Compact, json =>
        {
            json.WriteString("time", Times.UtcNow());
            json.WriteString("event", name);
            writeRest(json);
        });
        lock (Writing)
        {
            _output.Write(line);
            _output.Flush();
        }
    }
}
