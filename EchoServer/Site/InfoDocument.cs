using System.Buffers;
using System.Net;
using System.Text;
using System.Text.Json;
using EchoServer.Echo;
using EchoServer.Http;
using EchoServer.Metrics;
using EchoServer.Server;
using EchoServer.Text;

namespace EchoServer.Site;

/// <summary>What <c>GET /info</c> says: the server, its limits and totals, and the request as it arrived here.</summary>
/// <remarks>
/// Safe on any thread. Shows named variables only, never the environment as a whole; text from the network is escaped as JSON.
/// </remarks>
internal sealed class InfoDocument(ServerLimits limits, EchoOptions echo, InstanceFacts instance)
{
    private const string Masked = "(masked)";

    /// <summary>Writes the document: JSON in UTF-8.</summary>
    internal byte[] Write(RequestHead head, IPEndPoint client, ServerSnapshot snapshot)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, ReadableJson.Indented))
        {
            json.WriteStartObject();
            json.WriteString("name", "EchoServer");
            json.WriteString("version", Build.Version);
            json.WriteString("commit", Build.Commit);
            json.WriteString("build", Build.Compiler);
            json.WriteNumber("uptimeSeconds", snapshot.Uptime.TotalSeconds);
            WriteInstance(json);
            WriteLimits(json);
            WriteEcho(json);
            WriteNumbers(json, snapshot);
            WriteRequest(json, head, client);
            json.WriteEndObject();
        }

        bytes.Write("\n"u8);
        return bytes.WrittenSpan.ToArray();
    }

    private void WriteInstance(Utf8JsonWriter json)
    {
        json.WriteStartObject("instance");
        WriteNumber(json, "index", instance.Index);
        json.WriteString("guid", instance.Guid);
        json.WriteString("application", instance.Application);
        json.WriteString("space", instance.Space);
        WriteTexts(json, "uris", instance.Uris);
        json.WriteEndObject();
    }

    private void WriteLimits(Utf8JsonWriter json)
    {
        ServerOptions options = limits.Options;
        json.WriteStartObject("limits");
        json.WriteNumber("maxMessageBytes", options.MaxMessageBytes);
        json.WriteNumber("maxFragments", options.MaxFragments);
        json.WriteNumber("maxConnections", limits.MaxConnections);
        json.WriteNumber("memoryBudgetBytes", limits.MemoryBudgetBytes);
        WriteSeconds(json, "handshakeTimeoutSeconds", options.HandshakeTimeout);
        WriteSeconds(json, "messageTimeoutSeconds", options.MessageTimeout);
        WriteSeconds(json, "sendTimeoutSeconds", options.SendTimeout);
        WriteSeconds(json, "keepAliveIntervalSeconds", options.KeepAliveInterval);
        WriteSeconds(json, "keepAliveTimeoutSeconds", options.KeepAliveTimeout);
        WriteSeconds(json, "closeTimeoutSeconds", options.CloseTimeout);
        WriteSeconds(json, "drainTimeoutSeconds", options.DrainTimeout);
        if (options.AllowedOrigins.Count == 0)
        {
            json.WriteNull("allowedOrigins");
        }
        else
        {
            WriteTexts(json, "allowedOrigins", options.AllowedOrigins);
        }

        json.WriteEndObject();
    }

    private void WriteEcho(Utf8JsonWriter json)
    {
        json.WriteStartObject("echo");
        json.WriteString("greeting", echo.Greeting);
        json.WriteString("prefix", echo.Prefix);
        json.WriteString("rawPath", EchoHandlers.RawPath);
        json.WriteBoolean("compression", limits.Options.Compression);
        json.WriteStartArray("scenarios");
        foreach (Scenario scenario in echo.HasScenarios ? Scenarios.All : [])
        {
            json.WriteStartObject();
            json.WriteString("path", scenario.Template);
            json.WriteString("summary", scenario.Summary);
            json.WriteString("example", scenario.Example);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteNumbers(Utf8JsonWriter json, ServerSnapshot snapshot)
    {
        json.WriteStartObject("connections");
        json.WriteNumber("open", snapshot.OpenConnections);
        json.WriteNumber("total", snapshot.Totals.Opened);
        json.WriteEndObject();
        json.WriteStartObject("totals");
        json.WriteNumber("messagesReceived", snapshot.Totals.Received.Messages);
        json.WriteNumber("messagesSent", snapshot.Totals.Sent.Messages);
        json.WriteNumber("payloadBytesReceived", snapshot.Totals.Received.Bytes);
        json.WriteNumber("payloadBytesSent", snapshot.Totals.Sent.Bytes);
        json.WriteEndObject();
        json.WriteStartObject("compression");
        json.WriteNumber("connections", snapshot.Totals.OpenedCompressed);
        json.WriteNumber("messagesReceived", snapshot.Totals.CompressedReceived.Messages);
        json.WriteNumber("messagesSent", snapshot.Totals.CompressedSent.Messages);
        json.WriteNumber("compressedBytesReceived", snapshot.Totals.CompressedReceived.CompressedBytes);
        json.WriteNumber("compressedBytesSent", snapshot.Totals.CompressedSent.CompressedBytes);
        json.WriteNumber("payloadBytesReceived", snapshot.Totals.CompressedReceived.PlainBytes);
        json.WriteNumber("payloadBytesSent", snapshot.Totals.CompressedSent.PlainBytes);
        json.WriteEndObject();
        json.WriteStartObject("memory");
        json.WriteNumber("budgetUsedBytes", snapshot.Stats.BudgetUsed);
        json.WriteNumber("residentBytes", ProcessFacts.Now.ResidentBytes);
        json.WriteEndObject();
    }

    private static void WriteRequest(Utf8JsonWriter json, RequestHead head, IPEndPoint client)
    {
        json.WriteStartObject("request");
        json.WriteString("method", Encoding.Latin1.GetString(head.Method));
        json.WriteString("path", Encoding.Latin1.GetString(head.Path));
        json.WriteString("httpVersion", Encoding.Latin1.GetString(head.Version["HTTP/".Length..]));
        json.WriteString("peer", client.ToString());
        json.WriteStartArray("headers");
        foreach (HeaderFields.Field field in head.Fields)
        {
            string name = Encoding.Latin1.GetString(field.Name);
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("value", SensitiveFields.Contains(name) ? Masked : Encoding.Latin1.GetString(field.Value));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static void WriteSeconds(Utf8JsonWriter json, string name, TimeSpan? time) => WriteNumber(json, name, time?.TotalSeconds);

    private static void WriteNumber(Utf8JsonWriter json, string name, double? number)
    {
        if (number is double value)
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
