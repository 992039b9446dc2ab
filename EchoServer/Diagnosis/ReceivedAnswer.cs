using System.Net;
using EchoServer.Http;

namespace EchoServer.Diagnosis;

/// <summary>An HTTP answer as it arrived, with the beginning of its body where that was read. Nothing in it is escaped yet.</summary>
internal sealed record ReceivedAnswer(int Status, string Reason, IReadOnlyDictionary<string, string> Fields, string Body = "")
{
    private const int MaxShownCharacters = 100;

    // A sentence and its remedy: servers name the fault first.
    private const int MaxWordsCharacters = 200;

    // The rest of a longer text is not looked through for secrets, because it is not shown.
    private const int MaxJudgedCharacters = 16 * 1024;

    // "HTTP Status 400 – Bad Request" and the like: letters before the reason phrase that say no more than it does.
    private const int MaxLettersBefore = 12;

    internal static ReceivedAnswer From(ResponseHead head)
    {
        List<(string Name, string Value)> fields = [];
        foreach (HeaderFields.Field field in head.Fields)
        {
            fields.Add((Encoding.Latin1.GetString(field.Name), Encoding.UTF8.GetString(field.Value)));
        }

        return new(
            head.Status,
            Encoding.UTF8.GetString(head.Reason),
            fields.GroupBy(field => field.Name, field => field.Value, StringComparer.OrdinalIgnoreCase)
                .ToDictionary(group => group.Key, group => string.Join(", ", group), StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>The value of a header field, or null.</summary>
    internal string? Field(string name) => Fields.GetValueOrDefault(name);

    /// <summary>Status and reason phrase, escaped: <c>404 Not Found</c>.</summary>
    internal string StatusLine => $"{Status} {Shown(Reason)}".TrimEnd();

    /// <summary>The body's first line that says more than the status does, tags taken off; empty when there is none. Not escaped.</summary>
    internal string Words
    {
        get
        {
            string[] phrases = [Letters(Reason), Letters(((HttpStatusCode)Status).ToString())];
            return IsEncoded ? "" : Lines().FirstOrDefault(line => !SaysNoMore(Letters(line), phrases) && !IsSignature(line)) ?? "";
        }
    }

    /// <summary><see cref="Words"/>, escaped and cut.</summary>
    internal string FirstWords => Shown(Words, MaxWordsCharacters);

    /// <summary>Whether the challenge in a field (RFC 9110 §11.6.1, §11.7.1) offers Basic (RFC 7617), or there is none.</summary>
    internal bool OffersBasic(string field) => Field(field) is not string challenge ||
        challenge.Split(',').Any(part => part.Trim().Split(' ')[0].Equals("Basic", StringComparison.OrdinalIgnoreCase));

    // RFC 9110 §8.4: a compressed body is not text.
    private bool IsEncoded => Field("Content-Encoding") is { Length: > 0 } coding && !coding.Equals("identity", StringComparison.OrdinalIgnoreCase);

    /// <summary>Text from the network, escaped and cut; user and password in a URL are hidden.</summary>
    internal static string Shown(string text) => Shown(text, MaxShownCharacters);

    private static string Shown(string text, int most)
    {
        int judged = Math.Min(text.Length, MaxJudgedCharacters);
        byte[] beginning = Encoding.UTF8.GetBytes(UrlText.WithoutSecrets(text[..judged]));
        return EscapedText.From(beginning, most, Encoding.UTF8.GetByteCount(text.AsSpan(judged)));
    }

    /// <summary>The lines that a person sees: of a page its title, then its body up to the first script.</summary>
    private IEnumerable<string> Lines()
    {
        string text = Body;
        if (text.TrimStart().StartsWith('<'))
        {
            string body = Behind("<body") is { Length: > 0 } found ? found : Behind("</head>") is { Length: > 0 } rest ? rest : text;
            text = $"{Behind("<title>").Split('<')[0]}\n{WithoutTags(body.Split(["<script", "<style"], StringSplitOptions.None)[0])}";
        }

        return text.Split('\n').Select(line => WebUtility.HtmlDecode(line).Trim()).Where(line => line.Length > 0);
    }

    /// <returns>All of the body behind a mark, which may be in capitals; empty without it.</returns>
    private string Behind(string mark)
    {
        int start = Body.IndexOf(mark, StringComparison.OrdinalIgnoreCase);
        return start < 0 ? "" : Body[(start + mark.Length)..];
    }

    /// <summary>A tag ends a line. The beginning may be the rest of a tag.</summary>
    private static string WithoutTags(string html) => string.Join('\n', html.Split('<').Select(part => part[(part.IndexOf('>', StringComparison.Ordinal) + 1)..]));

    private static bool SaysNoMore(string letters, string[] phrases) => letters.Length == 0 || phrases.Any(phrase =>
        phrase.Length > 0 && letters.Length <= phrase.Length + MaxLettersBefore && letters.EndsWith(phrase, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether a line is the name of the server, as at the foot of an error page.</summary>
    private bool IsSignature(string line) => Field("Server") is { Length: > 0 } server && line.StartsWith(server, StringComparison.OrdinalIgnoreCase);

    private static string Letters(string text) => string.Concat(text.Where(char.IsLetter));
}
