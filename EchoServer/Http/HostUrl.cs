using System.Diagnostics.CodeAnalysis;

namespace EchoServer.Http;

/// <summary>Reads absolute URLs with a host that can be connected to.</summary>
internal static class HostUrl
{
    private const string HostStart = "://[";
    private const string EncodedPercent = "%25";

    /// <summary>Reads a URL.</summary>
    /// <returns>False when it has no host, or a host that has no form in ASCII.</returns>
    internal static bool TryParse(string text, [NotNullWhen(true)] out Uri? url)
    {
        url = null;
        try
        {
            return Uri.TryCreate(WithPlainZone(text), UriKind.Absolute, out url) && url.IdnHost.Length > 0;
        }
        catch (UriFormatException)
        {
            // A label that is too long, or has characters that no name may have.
            return false;
        }
    }

    /// <summary>RFC 6874 §2: a URL has "%25" before the zone of an IPv6 address. The operating system wants '%'.</summary>
    private static string WithPlainZone(string text)
    {
        int start = text.IndexOf(HostStart, StringComparison.Ordinal);
        int end = start < 0 ? -1 : text.IndexOf(']', start);
        int percent = end < 0 ? -1 : text.IndexOf(EncodedPercent, start, end - start, StringComparison.Ordinal);
        return percent < 0 || percent + EncodedPercent.Length == end ? text : text.Remove(percent + 1, EncodedPercent.Length - 1);
    }
}
