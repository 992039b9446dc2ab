using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EchoServer.Tests.Support;

/// <summary>A certificate authority of the test's own, and the server certificates that it signs, as PEM files in a temporary folder.</summary>
/// <remarks>
/// Nothing on the machine trusts it. A process does when told so: <see cref="AuthorityFile"/> in OpenSSL's variable
/// <c>SSL_CERT_FILE</c> (.NET on Linux) or in Node's <c>NODE_EXTRA_CA_CERTS</c>. Disposing of it removes the files.
/// </remarks>
internal sealed class TestCertificates : IDisposable
{
    private const int SerialNumberBytes = 16;

    // RFC 5280 §4.2.1.12: id-kp-serverAuth.
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    private readonly string _folder = Directory.CreateTempSubdirectory("echo-certificates-").FullName;
    private readonly X509Certificate2 _authority;
    private int _issued;

    /// <param name="name">What the authority is called.</param>
    /// <param name="issuer">The authority above it; null for a root.</param>
    public TestCertificates(string name = "EchoServer Test CA", TestCertificates? issuer = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));

        // Longer than any certificate that it signs, an expired one included.
        (DateTimeOffset from, DateTimeOffset to) = (DateTimeOffset.UtcNow - (3 * Lifetime), DateTimeOffset.UtcNow + (2 * Lifetime));
        if (issuer is null)
        {
            _authority = request.CreateSelfSigned(from, to);
        }
        else
        {
            request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer._authority, true, false));
            using X509Certificate2 signed = request.Create(issuer._authority, issuer._authority.NotBefore, issuer._authority.NotAfter, RandomNumberGenerator.GetBytes(SerialNumberBytes));
            _authority = signed.CopyWithPrivateKey(key);
        }

        AuthorityFile = Write("authority.pem", _authority.ExportCertificatePem());
    }

    public string AuthorityFile { get; }

    public TestCertificate Issue(params string[] names) => Issue(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow + Lifetime, names);

    public TestCertificate IssueExpired(params string[] names) =>
        Issue(DateTimeOffset.UtcNow - Lifetime, DateTimeOffset.UtcNow.AddDays(-1), names);

    /// <summary>Makes one that names this authority as its issuer and is signed with another key.</summary>
    public TestCertificate Forge(params string[] names)
    {
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Issue(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow + Lifetime, X509SignatureGenerator.CreateForECDsa(stranger), names);
    }

    /// <summary>Signs one for a time of the test's choice, which must be within the authority's: 90 days ago to 60 from now.</summary>
    public TestCertificate Issue(DateTimeOffset from, DateTimeOffset to, params string[] names)
    {
        using ECDsa own = _authority.GetECDsaPrivateKey()!;
        return Issue(from, to, X509SignatureGenerator.CreateForECDsa(own), names);
    }

    private TestCertificate Issue(DateTimeOffset from, DateTimeOffset to, X509SignatureGenerator signature, string[] names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={names[0]}", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (string name in names)
        {
            if (IPAddress.TryParse(name, out IPAddress? address))
            {
                alternatives.AddIpAddress(address);
            }
            else
            {
                alternatives.AddDnsName(name);
            }
        }

        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerAuthentication)], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_authority, true, false));
        using X509Certificate2 certificate = request.Create(
            _authority.SubjectName, signature, from, to, RandomNumberGenerator.GetBytes(SerialNumberBytes));

        int number = Interlocked.Increment(ref _issued);
        string chain = certificate.ExportCertificatePem() + "\n";
        string secret = key.ExportPkcs8PrivateKeyPem() + "\n";
        return new TestCertificate(
            Write($"server-{number}.crt", chain), Write($"server-{number}.key", secret), Write($"server-{number}.pem", chain + secret));
    }

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private string Write(string name, string text)
    {
        string file = Path.Combine(_folder, name);
        File.WriteAllText(file, text);
        return file;
    }
}

/// <summary>A server's certificate, in the ways that servers want it.</summary>
/// <param name="CertificateFile">The certificate alone, as nginx's <c>ssl_certificate</c> takes it.</param>
/// <param name="KeyFile">Its private key alone, as nginx's <c>ssl_certificate_key</c> takes it.</param>
/// <param name="CombinedFile">Both, one after the other, as haproxy's <c>crt</c> takes them.</param>
internal sealed record TestCertificate(string CertificateFile, string KeyFile, string CombinedFile);
