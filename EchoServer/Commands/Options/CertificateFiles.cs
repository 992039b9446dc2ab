using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EchoServer.Commands.Options;

/// <summary>Reads the PEM files that <see cref="ConnectionSettings"/> names. An error names the file's flaw.</summary>
internal static class CertificateFiles
{
    // Sixteen times what the authorities of a system take: a device that never ends is not read for ever.
    private const int MaxBytes = 4 * 1024 * 1024;

    // RFC 7468 §2 and §5.1.
    private const string Begin = "-----BEGIN ";
    private const string End = "-----END ";
    private const string Label = "CERTIFICATE";

    // DER and PKCS #12 begin with a sequence (X.690 §8.9).
    private const char Sequence = '0';

    /// <summary>Reads the certificates of a file.</summary>
    /// <exception cref="UsageException">There are none, or it cannot be read.</exception>
    internal static X509Certificate2Collection ReadCertificates(Setting option, string file)
    {
        string pem = ReadText(option, file);
        X509Certificate2Collection certificates = [];
        try
        {
            certificates.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            certificates = [];
        }

        // The runtime passes over what it cannot decode.
        return ((string[])[Begin, End]).Any(mark => Labels(pem, mark).Count(label => label == Label) > certificates.Count)
            ? throw NamedFile.Refuse(option, file, "has a damaged certificate")
            : certificates.Count > 0 ? certificates : throw NamedFile.Refuse(option, file, $"has no certificate{Instead(pem)}");
    }

    /// <summary>Adds the private key of a file to its certificate.</summary>
    /// <exception cref="UsageException">There is none, or it cannot be used.</exception>
    internal static X509Certificate2 ReadWithKey(X509Certificate2 certificate, Setting option, string file)
    {
        string pem = ReadText(option, file);
        try
        {
            using var whole = X509Certificate2.CreateFromPem(certificate.ExportCertificatePem(), pem);

            // Windows takes no key for TLS that was never stored.
            return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pfx), null);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException or NotSupportedException)
        {
            throw NamedFile.Refuse(option, file, FlawOfKey(pem, certificate));
        }
    }

    private static string FlawOfKey(string pem, X509Certificate2 certificate)
    {
        string? label = Labels(pem).FirstOrDefault(it => it.EndsWith("PRIVATE KEY", StringComparison.Ordinal));
        return label switch
        {
            null => $"has no private key{Instead(pem)}",
            "OPENSSH PRIVATE KEY" => "has a key in OpenSSH's own format ('ssh-keygen -p -m PKCS8 -f FILE' converts it)",
            _ when label.StartsWith("ENCRYPTED", StringComparison.Ordinal) || pem.Contains("Proc-Type: 4,ENCRYPTED", StringComparison.Ordinal) =>
                "has a key with a password ('openssl pkey -in FILE -out NEW' takes it off)",
            _ => Algorithm(certificate) is string algorithm
                ? $"cannot be used: the certificate is for an {algorithm} key, and TLS here takes RSA and ECDSA keys"
                : "has another key than that of the certificate, or a damaged one",
        };
    }

    /// <returns>Null for the kinds of keys that can be used.</returns>
    private static string? Algorithm(X509Certificate2 certificate) => certificate.GetKeyAlgorithm() switch
    {
        // RFC 8017 (RSA) and RFC 5480 (elliptic curves).
        "1.2.840.113549.1.1.1" or "1.2.840.10045.2.1" => null,

        // RFC 8410 and RFC 3279.
        "1.3.101.110" => "X25519",
        "1.3.101.111" => "X448",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        string other => $"unknown ({other})",
    };

    private static string ReadText(Setting option, string file)
    {
        // Editors and shells of Windows put a byte order mark at the start, of UTF-8 or of UTF-16.
        using var text = new StreamReader(new MemoryStream(NamedFile.Read(option, file, MaxBytes)), Encoding.UTF8, detectEncodingFromByteOrderMarks: true);
        return text.ReadToEnd();
    }

    /// <summary>Names the content of a file without a certificate or key.</summary>
    private static string Instead(string text) => Labels(text).FirstOrDefault() is string label
        ? $", but {EscapedText.From(label.AsSpan())}"
        : text.StartsWith(Sequence) && text.Any(char.IsControl) ? ": it is binary (DER or PKCS #12)" : "";

    /// <summary>The labels of the parts of a PEM file (RFC 7468 §2).</summary>
    private static IEnumerable<string> Labels(string pem, string mark = Begin) => pem.Split(mark).Skip(1)
        .Select(part => part.Split("-----", 2))
        .Where(parts => parts is [{ Length: > 0 }, _])
        .Select(parts => parts[0]);
}
