using System.Net;
using EchoServer.Diagnosis;
using EchoServer.Echo;
using EchoServer.Http;
using EchoServer.Metrics;
using EchoServer.Server;
using JsonMembers = (string Name, object? Value)[];

namespace EchoServer.Site;

/// <summary>What <c>GET /info</c> says: the server, its limits and totals, and the request as it arrived here.</summary>
/// <remarks>
/// Safe on any thread. Shows named variables only, never the environment as a whole; text from the network is escaped as JSON.
/// </remarks>
internal sealed class InfoDocument(ServerLimits limits, EchoOptions echo, InstanceFacts instance)
{
    private const string Masked = "(masked)";

    /// <summary>Writes the document: JSON in UTF-8.</summary>
    internal byte[] Write(RequestHead head, IPEndPoint client, ServerSnapshot snapshot) => ReadableJson.Write(
        ReadableJson.Indented,
        [
            ("name", "EchoServer"),
            ("version", Build.Version),
            ("commit", Build.Commit),
            ("build", Build.Compiler),
            ("uptimeSeconds", snapshot.Uptime.TotalSeconds),
            ("instance", Instance()),
            ("limits", Limits()),
            ("echo", Echo()),
            .. Numbers(snapshot),
            ("request", Request(head, client)),
        ]);

    private JsonMembers Instance() =>
    [
        ("index", instance.Index),
        ("guid", instance.Guid),
        ("application", instance.Application),
        ("space", instance.Space),
        ("uris", instance.Uris),
    ];

    private JsonMembers Limits()
    {
        ServerOptions options = limits.Options;
        return
        [
            ("maxMessageBytes", options.MaxMessageBytes),
            ("maxFragments", options.MaxFragments),
            ("maxConnections", limits.MaxConnections),
            ("memoryBudgetBytes", limits.MemoryBudgetBytes),
            ("handshakeTimeoutSeconds", options.HandshakeTimeout.TotalSeconds),
            ("messageTimeoutSeconds", options.MessageTimeout?.TotalSeconds),
            ("sendTimeoutSeconds", options.SendTimeout.TotalSeconds),
            ("keepAliveIntervalSeconds", options.KeepAliveInterval?.TotalSeconds),
            ("keepAliveTimeoutSeconds", options.KeepAliveTimeout.TotalSeconds),
            ("closeTimeoutSeconds", options.CloseTimeout.TotalSeconds),
            ("drainTimeoutSeconds", options.DrainTimeout.TotalSeconds),
            ("allowedOrigins", options.AllowedOrigins.Count == 0 ? null : options.AllowedOrigins),
        ];
    }

    private JsonMembers Echo() =>
    [
        ("greeting", echo.Greeting),
        ("prefix", echo.Prefix),
        ("rawPath", EchoHandlers.RawPath),
        ("compression", limits.Options.Compression),
        ("scenarios", (echo.HasScenarios ? Scenarios.All : []).Select<Scenario, JsonMembers>(
            scenario => [("path", scenario.Template), ("summary", scenario.Summary), ("example", scenario.Example)])),
    ];

    private static JsonMembers Numbers(ServerSnapshot snapshot)
    {
        ServerTotals totals = snapshot.Totals;
        JsonMembers connections = [("open", snapshot.OpenConnections), ("total", totals.Opened)];
        JsonMembers messages =
        [
            ("messagesReceived", totals.Received.Messages),
            ("messagesSent", totals.Sent.Messages),
            ("payloadBytesReceived", totals.Received.Bytes),
            ("payloadBytesSent", totals.Sent.Bytes),
        ];
        JsonMembers compression =
        [
            ("connections", totals.OpenedCompressed),
            ("messagesReceived", totals.CompressedReceived.Messages),
            ("messagesSent", totals.CompressedSent.Messages),
            ("compressedBytesReceived", totals.CompressedReceived.CompressedBytes),
            ("compressedBytesSent", totals.CompressedSent.CompressedBytes),
            ("payloadBytesReceived", totals.CompressedReceived.PlainBytes),
            ("payloadBytesSent", totals.CompressedSent.PlainBytes),
        ];
        JsonMembers memory = [("budgetUsedBytes", snapshot.Stats.BudgetUsed), ("residentBytes", ProcessFacts.Now.ResidentBytes)];
        return [("connections", connections), ("totals", messages), ("compression", compression), ("memory", memory)];
    }

    private static JsonMembers Request(RequestHead head, IPEndPoint client)
    {
        List<JsonMembers> headers = [];
        foreach (HeaderFields.Field field in head.Fields)
        {
            string name = Encoding.Latin1.GetString(field.Name);
            headers.Add([("name", name), ("value", SensitiveFields.Contains(name) ? Masked : UrlText.WithoutSecrets(Encoding.Latin1.GetString(field.Value)))]);
        }

        return
        [
            ("method", Encoding.Latin1.GetString(head.Method)),
            ("path", Encoding.Latin1.GetString(head.Path)),
            ("httpVersion", Encoding.Latin1.GetString(head.Version["HTTP/".Length..])),
            ("peer", client.ToString()),
            ("headers", headers),
        ];
    }
}
