using System.Text.Json;

namespace EchoServer.Site;

/// <summary>Which instance of which application this is, as Cloud Foundry's environment says. Unknown facts are null.</summary>
internal sealed record InstanceFacts(int? Index, string? Guid, string? Application, string? Space, IReadOnlyList<string> Uris)
{
    // Cloud Foundry's is about 1 KB; a far larger text is something else.
    private const int MaxJsonCharacters = 64 * 1024;

    // Every route of an app is in it: a quota lets it have some dozens.
    private const int MaxUris = 100;

    /// <summary>Reads the three variables.</summary>
    internal static InstanceFacts Read(Func<string, string?> variable)
    {
        JsonElement application = Parse(variable("VCAP_APPLICATION"));
        JsonElement uris = Member(application, "application_uris");
        return new(
            int.TryParse(variable("CF_INSTANCE_INDEX"), NumberStyles.None, CultureInfo.InvariantCulture, out int index) ? index : null,
            variable("CF_INSTANCE_GUID") is { Length: > 0 } guid ? guid : null,
            Text(Member(application, "application_name")),
            Text(Member(application, "space_name")),
            uris.ValueKind == JsonValueKind.Array ? [.. uris.EnumerateArray().Select(Text).OfType<string>().Take(MaxUris)] : []);
    }

    /// <summary>Reads the application's JSON. It comes from outside: where it is not what it should be, it says nothing.</summary>
    private static JsonElement Parse(string? json)
    {
        try
        {
            return json is null || json.Length > MaxJsonCharacters ? default : JsonElement.Parse(json);
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            // Not JSON, or not even text.
            return default;
        }
    }

    private static JsonElement Member(JsonElement owner, string name) =>
        owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty(name, out JsonElement value) ? value : default;

    private static string? Text(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // An escape of half a surrogate pair is JSON, but no text.
            return null;
        }
    }
}
