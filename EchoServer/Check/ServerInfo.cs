using System.Text.Json;
using EchoServer.Connect;
using EchoServer.Diagnosis;

namespace EchoServer.Check;

/// <summary>What an EchoServer says of itself in <c>/info</c>, as far as the check asks. Nothing in it is escaped yet.</summary>
/// <remarks>Application and index are null where they are not known; not all of the scenarios echo.</remarks>
internal sealed record ServerInfo(
    string Version, string? Application, long? Index, long OpenConnections, long MaxMessageBytes,
    string Greeting, bool Compresses, IReadOnlyList<string> Scenarios, IReadOnlyList<HeaderField> Headers)
{
    /// <summary>More than the document may be.</summary>
    internal const int MaxBytes = 256 * 1024;
    private const int Ok = 200;

    /// <summary>Asks for it.</summary>
    /// <returns>Null when what answers is not an EchoServer, or keeps it to itself.</returns>
    /// <exception cref="ConnectionFailedException">Nothing answers.</exception>
    internal static async Task<ServerInfo?> AskAsync(Dialer dialer, CancellationToken stop, params string[] extraLines)
    {
        ReceivedAnswer answer = await PlainAnswer.GetAsync(dialer, "/info", MaxBytes, stop, extraLines).ConfigureAwait(false);
        return answer.Status == Ok ? Read(answer.Body) : null;
    }

    /// <summary>The value of a header field as it arrived; null when it did not.</summary>
    internal string? Header(string name) =>
        Headers.Where(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(field => field.Value).FirstOrDefault();

    /// <summary>The app's GUID as the router named it to the server; null where none did, or with a value of another form: it would go into a request.</summary>
    internal string? ApplicationId => Header("X-Cf-Applicationid") is string id && Guid.TryParseExact(id, "D", out _) ? id : null;

    internal bool IsScenario(string path) => Scenarios.Any(scenario => FirstSegment(scenario) == FirstSegment(path));

    /// <summary>Reads the document. It comes from outside: where it is not what it should be, there is none.</summary>
    internal static ServerInfo? Read(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            return root.GetProperty("name").GetString() == "EchoServer" ? Read(root) : null;
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static ServerInfo Read(JsonElement root)
    {
        JsonElement instance = root.GetProperty("instance");
        JsonElement index = instance.GetProperty("index");
        JsonElement limits = root.GetProperty("limits");
        JsonElement echo = root.GetProperty("echo");
        return new(
            root.GetProperty("version").GetString() ?? "",
            instance.GetProperty("application").GetString(),
            index.ValueKind == JsonValueKind.Number ? index.GetInt64() : null,
            root.GetProperty("connections").GetProperty("open").GetInt64(),
            limits.GetProperty("maxMessageBytes").GetInt64(),
            echo.GetProperty("greeting").GetString() ?? "",
            echo.GetProperty("compression").ValueKind is not (JsonValueKind.False or JsonValueKind.Null),
            // Version 0.1 had none.
            echo.TryGetProperty("scenarios", out JsonElement scenarios) ? [.. scenarios.EnumerateArray().Select(it => it.GetProperty("path").GetString() ?? "")] : [],
            [.. root.GetProperty("request").GetProperty("headers").EnumerateArray().Select(field => new HeaderField(
                field.GetProperty("name").GetString() ?? "", field.GetProperty("value").GetString() ?? ""))]);
    }

    private static string FirstSegment(string path) => path.Split('/', 3) is [_, string segment, ..] ? segment : path;
}
