using EchoServer.Text;

namespace EchoServer.Commands.Options;

/// <summary>The URL that a client command is given.</summary>
internal static class WebSocketUrl
{
    /// <summary>The accepted URLs, for the help text.</summary>
    internal const string Description = "Where to connect: ws://, wss://, http:// (means ws) or https:// (means wss).";

    /// <summary>Reads it.</summary>
    /// <param name="text">A ws, wss, http or https URL, as typed.</param>
    /// <returns>A ws or wss URL without fragment.</returns>
    /// <exception cref="UsageException">It is not such a URL.</exception>
    internal static Uri Parse(string text)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Host.Length > 0)
        {
            string? scheme = uri.Scheme switch
            {
                "ws" or "http" => "ws",
                "wss" or "https" => "wss",
                _ => null,
            };
            if (scheme is not null)
            {
                // RFC 6455 §3: "Fragment identifiers ... MUST NOT be used" in a WebSocket URL.
                return new UriBuilder(uri) { Scheme = scheme, Port = uri.IsDefaultPort ? -1 : uri.Port, Fragment = "" }.Uri;
            }
        }

        throw new UsageException($"url: '{EscapedText.From(WithoutUser(text).AsSpan())}' is not a ws://, wss://, http:// or https:// URL");
    }

    /// <summary>Hides the part before an '@': it may be a password, whatever else is wrong with the URL.</summary>
    private static string WithoutUser(string text)
    {
        int scheme = text.IndexOf("://", StringComparison.Ordinal);
        int start = scheme < 0 ? 0 : scheme + "://".Length;
        int at = text.LastIndexOf('@');
        return at < start ? text : $"{text[..start]}...{text[at..]}";
    }
}
