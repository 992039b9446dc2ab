using System.Security.Cryptography;
using EchoServer.Http;

namespace EchoServer.Tests.Http;

/// <summary>Our SHA-1 against the RFC's vectors and the runtime's.</summary>
internal sealed class Sha1Tests
{
    // RFC 3174 §7.3.
    [TestCase("abc", 1, "A9993E364706816ABA3E25717850C26C9CD0D89D")]
    [TestCase("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1, "84983E441C3BD26EBAAE4AA1F95129E5E54670F1")]
    [TestCase("a", 1_000_000, "34AA973CD4C4DAA4F61EEB2BDBAD27316534016F")]
    [TestCase("0123456701234567012345670123456701234567012345670123456701234567", 10, "DEA356A2CDDD90C7A7ECEDC5EBB563934F460452")]
    public void The_vectors_of_the_RFC(string text, int times, string expected) =>
        Assert.That(Convert.ToHexString(Hash(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(text, times))))), Is.EqualTo(expected));

    [Test]
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5350", Justification = "what RFC 6455 asks for, and no secret")]
    public void Every_length_around_the_block_boundaries_is_as_the_runtime_has_it()
    {
        byte[] bytes = new byte[300];
        new Random(1).NextBytes(bytes);
        for (int length = 0; length <= bytes.Length; length++)
        {
            Assert.That(Hash(bytes.AsSpan(0, length)), Is.EqualTo(SHA1.HashData(bytes.AsSpan(0, length))), $"{length} bytes");
        }
    }

    private static byte[] Hash(ReadOnlySpan<byte> source)
    {
        byte[] hash = new byte[Sha1.HashBytes];
        Sha1.Hash(source, hash);
        return hash;
    }
}
