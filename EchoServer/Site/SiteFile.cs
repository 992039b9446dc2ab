using EchoServer.Http;

namespace EchoServer.Site;

/// <summary>One file of the test page, as it is sent.</summary>
/// <remarks>
/// <para>Never changes: one copy of the bytes serves every connection. Safe on any thread.</para>
/// <para>
/// Sent as it is. With gzip the page's 4 files came to 23 KB in place of 74 KB, once for each browser, which then asks with the tag. That
/// would spare the first view one wait of TCP for an answer; it is not worth a second copy of each file, with a tag of its own.
/// </para>
/// </remarks>
internal sealed class SiteFile
{
    /// <summary>Makes a file, and its entity tag.</summary>
    internal SiteFile(string contentType, byte[] body)
    {
        ContentType = contentType;
        Body = body;
        Span<byte> hash = stackalloc byte[Sha1.HashBytes];
        Sha1.Hash(body, hash);
        EntityTag = $"\"{Convert.ToHexStringLower(hash)}\"";
    }

    /// <summary>The media type, for <c>Content-Type</c>.</summary>
    internal string ContentType { get; }

    /// <summary>The bytes to send.</summary>
    internal ReadOnlyMemory<byte> Body { get; }

    /// <summary>A strong entity tag, made from the bytes (RFC 9110 §8.8.3), with its quotes.</summary>
    internal string EntityTag { get; }
}
