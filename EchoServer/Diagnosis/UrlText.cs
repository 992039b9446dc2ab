using System.Buffers;
using EchoServer.Http;

namespace EchoServer.Diagnosis;

/// <summary>URLs as messages show them: with the zone of an IPv6 address (RFC 6874), without user, password and other secrets.</summary>
internal static class UrlText
{
    private const string Hidden = "...";
    private const string StartOfAuthority = "//";
    private const string Blanks = " \t\r\n\"<>";

    private static readonly SearchValues<char> EndsOfUrl = SearchValues.Create(Blanks);
    private static readonly SearchValues<char> EndsOfAuthority = SearchValues.Create(Blanks + "/?#");

    /// <summary>The host, an IPv6 address in brackets. Not escaped.</summary>
    internal static string Host(Uri url) => url.HostNameType == UriHostNameType.IPv6 ? $"[{url.DnsSafeHost}]" : url.Host;

    /// <summary>The whole URL. Not escaped.</summary>
    internal static string Of(Uri url)
    {
        string text = url.AbsoluteUri;
        int host = text.IndexOf(url.Host, StringComparison.Ordinal);
        return WithoutSecrets(host < 0 ? text : $"{text[..host]}{Host(url)}{text[(host + url.Host.Length)..]}");
    }

    /// <summary>The whole URL, escaped.</summary>
    internal static string Shown(Uri url) => EscapedText.From(Of(url).AsSpan());

    /// <summary>Hides user and password in each URL of a text, and secrets in its query.</summary>
    internal static string WithoutSecrets(string text)
    {
        text = SensitiveFields.HideInQueries(text);
        var shown = new StringBuilder();
        int done = 0;

        // Nothing is hidden behind the last '@'.
        int end = text.LastIndexOf('@');
        for (int mark; done < end && (mark = text.IndexOf(StartOfAuthority, done, end - done, StringComparison.Ordinal)) >= 0;)
        {
            int start = mark + StartOfAuthority.Length;
            ReadOnlySpan<char> rest = text.AsSpan(start);
            ReadOnlySpan<char> authority = UpTo(EndsOfAuthority, rest);
            int at = authority.LastIndexOf('@');
            if (at < 0 && !IsHostAndPort(authority))
            {
                // A password that has a '/' or a space as it is makes a port that is not a number.
                at = UpTo(EndsOfUrl, rest).LastIndexOf('@') is >= 0 and int inUrl ? inUrl : rest.IndexOf('@');
            }

            shown.Append(text, done, start - done).Append(at < 0 ? "" : Hidden);
            done = start + Math.Max(at, 0);
        }

        return shown.Append(text, done, text.Length - done).ToString();
    }

    private static ReadOnlySpan<char> UpTo(SearchValues<char> ends, ReadOnlySpan<char> text) => text.IndexOfAny(ends) is >= 0 and int end ? text[..end] : text;

    private static bool IsHostAndPort(ReadOnlySpan<char> authority)
    {
        int colon = authority.IndexOf(':');
        return colon < 0 || authority[0] == '[' || authority[(colon + 1)..].IndexOfAnyExceptInRange('0', '9') < 0;
    }
}
