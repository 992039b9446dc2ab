using System.IO.Compression;
using System.Security.Cryptography;
using EchoServer.Http;

namespace EchoServer.Site;

/// <summary>One file of the test page, as it is sent.</summary>
/// <remarks>Never changes: one copy of the bytes serves every connection. Safe on any thread.</remarks>
internal sealed class SiteFile
{
    // Below this an answer is one packet either way.
    private const int LeastBytesToCompress = 1400;

    private readonly Lazy<SiteRepresentation> _compressed;

    /// <param name="contentType">What the file is.</param>
    /// <param name="bytes">What is in it.</param>
    internal SiteFile(string contentType, byte[] bytes)
    {
        ContentType = contentType;
        Plain = new SiteRepresentation(bytes, coding: null);
        // Not before somebody asks for it: it takes a few milliseconds, and a server that only echoes needs none of it.
        _compressed = new Lazy<SiteRepresentation>(Compress);
    }

    /// <summary>What the file is, for <c>Content-Type</c>.</summary>
    internal string ContentType { get; }

    /// <summary>The file as it is.</summary>
    internal SiteRepresentation Plain { get; }

    /// <summary>The file in the coding that suits the client best.</summary>
    /// <param name="head">The client's request.</param>
    internal SiteRepresentation For(RequestHead head) =>
        Plain.Body.Length >= LeastBytesToCompress && ContentCoding.IsGzipAccepted(head) ? _compressed.Value : Plain;

    private SiteRepresentation Compress()
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            gzip.Write(Plain.Body.Span);
        }

        return compressed.Length < Plain.Body.Length ? new SiteRepresentation(compressed.ToArray(), "gzip") : Plain;
    }
}

/// <summary>A file in one coding (RFC 9110 §8.4).</summary>
internal sealed class SiteRepresentation
{
    // 96 bits of SHA-256 in hexadecimal: no two files of ours will share them.
    private const int TagBytes = 12;

    internal SiteRepresentation(byte[] body, string? coding)
    {
        Body = body;
        Coding = coding;
        EntityTag = $"\"{Convert.ToHexStringLower(SHA256.HashData(body).AsSpan(0, TagBytes))}\"";
    }

    /// <summary>The bytes to send.</summary>
    internal ReadOnlyMemory<byte> Body { get; }

    /// <summary>The name of the coding; null for none.</summary>
    internal string? Coding { get; }

    /// <summary>A strong entity tag, made from the bytes (RFC 9110 §8.8.3), with its quotes.</summary>
    internal string EntityTag { get; }
}
