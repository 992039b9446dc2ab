namespace EchoServer.Text;

/// <summary>Percent-encoded UTF-8 (RFC 3986 §2.1).</summary>
internal static class PercentEncoding
{
    private const string PercentSign = "%25";

    /// <summary>Decodes a text; other characters than those of RFC 3986 stay.</summary>
    /// <returns>False when it is not percent-encoded UTF-8.</returns>
    internal static bool TryDecode(string encoded, out string text)
    {
        // The runtime leaves anything else as it is. A percent sign of the text itself is encoded.
        text = Uri.UnescapeDataString(encoded);
        return text.AsSpan().Count('%') == encoded.AsSpan().Count(PercentSign);
    }
}
