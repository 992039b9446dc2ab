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
        string? indexText = variable("CF_INSTANCE_INDEX");
        int? index = int.TryParse(indexText, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
        string? guid = variable("CF_INSTANCE_GUID");
        var facts = new InstanceFacts(index, string.IsNullOrEmpty(guid) ? null : guid, null, null, []);
        return facts.With(variable("VCAP_APPLICATION"));
    }

    /// <summary>Adds what the application's JSON says. It comes from outside: where it is not what it should be, it says nothing.</summary>
    private InstanceFacts With(string? json)
    {
        if (json is null || json.Length > MaxJsonCharacters)
        {
            return this;
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            return root.ValueKind != JsonValueKind.Object
                ? this
                : this with
                {
                    Application = Text(root, "application_name"),
                    Space = Text(root, "space_name"),
                    Uris = [.. Texts(root, "application_uris").Take(MaxUris)],
                };
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            // Not JSON, or not even text.
            return this;
        }
    }

    private static string? Text(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out JsonElement value) ? Text(value) : null;

    private static IEnumerable<string> Texts(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Array
            ? value.EnumerateArray().Select(Text).OfType<string>()
            : [];

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
