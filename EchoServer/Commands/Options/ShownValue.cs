using EchoServer.Http;

namespace EchoServer.Commands.Options;

/// <summary>The part of a mistaken value that an error shows.</summary>
internal static class ShownValue
{
    private const string EndOfScheme = "://";

    /// <summary>
    /// Escapes the beginning of a value, without the secrets of a URL's query. The part before an '@' may be a user and a password, whatever
    /// else is wrong: it is left out.
    /// </summary>
    internal static string Of(string text)
    {
        text = SensitiveFields.HideInQueries(text);
        int scheme = text.IndexOf(EndOfScheme, StringComparison.Ordinal);
        int start = scheme < 0 ? 0 : scheme + EndOfScheme.Length;
        int at = text.LastIndexOf('@');
        return EscapedText.Quote(Encoding.UTF8.GetBytes(at <= start ? text : $"{text[..start]}...{text[at..]}"));
    }
}
