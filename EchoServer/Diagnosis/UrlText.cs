using System.Text;
using EchoServer.Http;
using EchoServer.Text;

namespace EchoServer.Diagnosis;

/// <summary>URLs as messages show them: with the zone of an IPv6 address (RFC 6874), without user, password and other secrets.</summary>
internal static class UrlText
{
    private const string Hidden = "...";
    private const string StartOfAuthority = "//";
    private const string EndsOfAuthority = "/?#";
    private const string EndsOfUrl = " \t\r\n\"<>";

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
        for (int mark; (mark = text.IndexOf(StartOfAuthority, done, StringComparison.Ordinal)) >= 0;)
        {
            int start = mark + StartOfAuthority.Length;
            string url = text[start..].Split(EndsOfUrl.ToCharArray(), 2)[0];
            string authority = url.Split(EndsOfAuthority.ToCharArray(), 2)[0];

            int at = authority.LastIndexOf('@');
            if (at < 0 && !IsHostAndPort(authority))
            {
                // A password that has a '/' or a space as it is makes a port that is not a number.
                at = url.LastIndexOf('@') is >= 0 and int inUrl ? inUrl : text.IndexOf('@', start) - start;
            }

            shown.Append(text, done, start - done).Append(at < 0 ? "" : Hidden);
            done = start + Math.Max(at, 0);
        }

        return shown.Append(text, done, text.Length - done).ToString();
    }

    private static bool IsHostAndPort(string authority)
    {
        int colon = authority.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 || authority[0] == '[' || authority.AsSpan(colon + 1).IndexOfAnyExceptInRange('0', '9') < 0;
    }
}
