using System.Text;
using EchoServer.Http;
using EchoServer.Text;

namespace EchoServer.Diagnosis;

/// <summary>An HTTP answer as it arrived, with the beginning of its body. Nothing in it is escaped yet.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Reason">The reason phrase; may be empty.</param>
/// <param name="Fields">The header fields by name, whatever its case; repeated ones are joined with a comma.</param>
/// <param name="Body">The beginning of the body; empty where it was not read.</param>
internal sealed record ReceivedAnswer(int Status, string Reason, IReadOnlyDictionary<string, string> Fields, string Body = "")
{
    private const int MaxShownCharacters = 100;

    /// <summary>Copies a head.</summary>
    internal static ReceivedAnswer From(ResponseHead head, ReadOnlySpan<byte> body)
    {
        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (HeaderFields.Field field in head.Fields)
        {
            string name = Encoding.Latin1.GetString(field.Name);
            string value = Encoding.UTF8.GetString(field.Value);
            fields[name] = fields.TryGetValue(name, out string? before) ? $"{before}, {value}" : value;
        }

        return new(head.Status, Encoding.UTF8.GetString(head.Reason), fields, Encoding.UTF8.GetString(body));
    }

    /// <summary>The value of a header field, or null.</summary>
    internal string? Field(string name) => Fields.GetValueOrDefault(name);

    /// <summary>Status and reason phrase, escaped: <c>404 Not Found</c>.</summary>
    internal string StatusLine => $"{Status} {Shown(Reason)}".TrimEnd();

    /// <summary>The body's first line, tags taken off, escaped and cut; empty when there is none.</summary>
    internal string FirstWords
    {
        get
        {
            string text = Body;
            int title = text.IndexOf("<title>", StringComparison.OrdinalIgnoreCase);
            if (title >= 0)
            {
                text = text[(title + "<title>".Length)..].Split('<')[0];
            }
            else if (text.TrimStart().StartsWith('<'))
            {
                text = "";
            }

            return Shown(text.Trim().Split('\n')[0].TrimEnd());
        }
    }

    /// <summary>Text from the network, escaped and cut.</summary>
    internal static string Shown(string text) => EscapedText.From(Encoding.UTF8.GetBytes(text), MaxShownCharacters);
}
