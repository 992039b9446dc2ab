using EchoServer.Http;

namespace EchoServer.Site;

/// <summary>One file of the test page, as it is sent, with its media type.</summary>
/// <remarks>
/// <para>Never changes: one copy of the bytes serves every connection. Safe on any thread.</para>
/// <para>
/// Sent as it is. With gzip the page's 4 files came to 23 KB in place of 74 KB, once for each browser, which then asks with the tag. That
/// would spare the first view one wait of TCP for an answer; it is not worth a second copy of each file, with a tag of its own.
/// </para>
/// </remarks>
internal sealed record SiteFile(string ContentType, ReadOnlyMemory<byte> Body)
{
    /// <summary>A strong entity tag, made from the bytes (RFC 9110 §8.8.3), with its quotes.</summary>
    internal string EntityTag { get; } = $"\"{Convert.ToHexStringLower(Hash(Body.Span))}\"";

    private static byte[] Hash(ReadOnlySpan<byte> body)
    {
        byte[] hash = new byte[Sha1.HashBytes];
        Sha1.Hash(body, hash);
        return hash;
    }
}
