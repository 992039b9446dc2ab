using System.Buffers;
using System.Text.RegularExpressions;

namespace EchoServer.Http;

/// <summary>Which header fields and query parameters carry what only their sender may know.</summary>
internal static partial class SensitiveFields
{
    // Parts of names, in any case: the names that clients and proxies invent usually contain one of them.
    private static readonly SearchValues<string> Parts = SearchValues.Create(
        [
            "auth", "cookie", "token", "secret", "pass", "pwd", "credential", "session", "signature", "hmac", "jwt", "csrf", "xsrf", "key",
            "client-cert",
        ],
        StringComparison.OrdinalIgnoreCase);

    // A whole word of a name: "signal" is none.
    private const string Signature = "sig";

    // Whole names of parameters: of logins (RFC 6749 §4.1.2, RFC 6750 §2.3), of sessions, and of signed URLs.
    private static readonly string[] Parameters = ["code", "sid", "ticket", "bearer", "otp", "pin", "sas", "nonce"];

    // A key only by name: a nonce that is sent in the clear and opens nothing (RFC 6455 §1.3).
    private const string HandshakeNonce = "Sec-WebSocket-Key";

    private static readonly int EncodedLength = "%3F".Length;

    /// <summary>Replaces the values of such parameters in the queries of a text, URLs or not, with <c>***</c>.</summary>
    /// <remarks>The text may be a peer's: it is gone through once, and a query in the value of another query is not a call of its own.</remarks>
    internal static string HideInQueries(string text)
    {
        var shown = new StringBuilder();
        int done = 0;
        foreach (ValueMatch match in Parameter().EnumerateMatches(text))
        {
            int value = match.Index + match.Length;
            if (match.Index >= done && IsSecret(NameIn(text.AsSpan(match.Index, match.Length))) && Value().Match(text, value) is { Success: true } secret)
            {
                shown.Append(text, done, value - done).Append("***");
                done = value + secret.Length;
            }
        }

        return shown.Append(text, done, text.Length - done).ToString();
    }

    // A quotation mark in a query that was typed is percent-encoded before the URL is shown. A URL in the query of another one is
    // percent-encoded as a whole.
    [GeneratedRegex(
        """([?&;#]|%3F|%26|%3B|%23)(?>((?!%3D|%26|%3F|%3B|%23)[^=&?#;\s"'<>]){1,100})(=|%3D)""",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Parameter();

    [GeneratedRegex(
        """\G((?!%26|%23)[^&?#;\s"'<>])+""",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Value();

    // Between the character before it and the one behind, each perhaps percent-encoded.
    private static string NameIn(ReadOnlySpan<char> parameter) =>
        Uri.UnescapeDataString(parameter[(parameter[0] == '%' ? EncodedLength : 1)..^(parameter[^1] == '=' ? 1 : EncodedLength)]);

    private static bool IsSecret(string parameter) => Contains(parameter) || Array.Exists(Parameters, name => name.Equals(parameter, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether the value of a field must not be shown. The case of its name does not matter.</summary>
    internal static bool Contains(string name) => !name.Equals(HandshakeNonce, StringComparison.OrdinalIgnoreCase) &&
        (name.AsSpan().ContainsAny(Parts) || name.Split('-', '_', '.').Contains(Signature, StringComparer.OrdinalIgnoreCase));
}
