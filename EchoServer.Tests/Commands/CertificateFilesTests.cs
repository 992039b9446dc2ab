using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EchoServer.Commands.Options;

namespace EchoServer.Tests.Commands;

/// <summary>An error about a file of <c>--ca</c>, <c>--cert</c> or <c>--key</c> names its flaw.</summary>
internal sealed class CertificateFilesTests : FolderTest
{
    // The runtime can read it, and can neither make one nor use it.
    private const string Ed25519 =
        """
        -----BEGIN CERTIFICATE-----
        MIIBOjCB7aADAgECAhQ+JmjSx1F4UbUZin2ur6aTwPdVHDAFBgMrZXAwEjEQMA4G
        A1UEAwwHZWQyNTUxOTAgFw0yNjExMzAwMTI1MzhaGA8yMTI2MTEwNjAxMjUzOFow
        EjEQMA4GA1UEAwwHZWQyNTUxOTAqMAUGAytlcAMhANwudM+79GMMe3IEI1Un7wVD
        ZNz2G3kH1/pwNYPezLYEo1MwUTAdBgNVHQ4EFgQUdqRS2RQlZgK7FGtVXAp1xOFH
        yUAwHwYDVR0jBBgwFoAUdqRS2RQlZgK7FGtVXAp1xOFHyUAwDwYDVR0TAQH/BAUw
        AwEB/zAFBgMrZXADQQCWvZk0pkTQWLcQvlzHShQyQPs08UU1u62UFQy8nRPwGDDA
        Duhd2Gv90amu/mqRABSVf0MtAZh+fxJTRLFpoAwA
        -----END CERTIFICATE-----
        """;

    // RFC 8410 §7: a PrivateKeyInfo of id-Ed25519 with a key of 32 bytes, here of zeros.
    private static readonly byte[] Ed25519Key = [.. Convert.FromHexString("302e020100300506032b657004220420"), .. new byte[32]];

    private TestCertificates _certificates = null!;
    private TestCertificate _own = null!;

    [OneTimeSetUp]
    public void Create()
    {
        _certificates = new TestCertificates();
        _own = _certificates.Issue("localhost");
    }

    [OneTimeTearDown]
    public void Remove() => _certificates?.Dispose();

    [Test]
    public void Certificates_are_read_with_or_without_a_key_beside_them()
    {
        Assert.That(CertificateFiles.ReadCertificates(ConnectionSettings.Authorities, _certificates.AuthorityFile), Has.Count.EqualTo(1));
        X509Certificate2 certificate = CertificateFiles.ReadCertificates(ConnectionSettings.Certificate, _own.CombinedFile).Single();
        using X509Certificate2 whole = CertificateFiles.ReadWithKey(certificate, ConnectionSettings.Key, _own.CombinedFile);
        Assert.That(whole.HasPrivateKey, Is.True);
    }

    [Test]
    public void A_file_without_certificates_says_what_it_is()
    {
        Assert.Multiple(() =>
        {
            Expect(Folder, "is a directory");
            Expect(Path.Combine(Folder, "none"), "does not exist");
            Expect(Path.Combine(Folder, "none", "none"), "is in a folder that does not exist");
            Expect(_own.KeyFile, "has no certificate, but PRIVATE KEY");
            Expect(Write("empty", ""), "has no certificate");
            Expect(Write("text", "hello"), "has no certificate");
            Expect(Write("der", X509CertificateLoader.LoadCertificateFromFile(_own.CertificateFile).RawData), "has no certificate: it is binary (DER or PKCS #12)");
            Expect(Write("damaged", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), "has a damaged certificate");
            Expect(Write("hostile", "-----BEGIN \u001b[2J-----\n"), "has no certificate, but \\u{1b}[2J");
            Expect("/dev/zero", "is larger than 4194304 bytes");
            Expect("/proc/self/mem", "cannot be read: it is not an ordinary file, or its disk is full, read-only or damaged");
            Expect(Path.Combine(Folder, new string('x', 300)), "has a name that is too long");
        });
    }

    [Test]
    public void A_damaged_certificate_beside_a_good_one_is_not_passed_over()
    {
        string good = File.ReadAllText(_certificates.AuthorityFile);
        string other = File.ReadAllText(_own.CertificateFile);
        const string garbage = "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n";
        Assert.Multiple(() =>
        {
            Expect(Write("half-behind", good + other[..400]), "has a damaged certificate");
            Expect(Write("half-before", other[^400..] + good), "has a damaged certificate");
            Expect(Write("garbage-behind", good + garbage), "has a damaged certificate");
            Expect(Write("garbage-before", garbage + good), "has a damaged certificate");
            Expect(Write("no-line-end", good.TrimEnd() + other), "has a damaged certificate");
            Expect(Write("garbage", garbage), "has a damaged certificate");
            Expect(Write("half", other[..400]), "has a damaged certificate");
            Assert.That(CertificateFiles.ReadCertificates(ConnectionSettings.Authorities, Write("both", good + "\n# text\n" + other)), Has.Count.EqualTo(2));
        });
    }

    [Test]
    public void A_byte_order_mark_is_passed_over([Values("utf-8", "utf-16")] string encoding)
    {
        var writer = Encoding.GetEncoding(encoding);
        byte[] bytes = [.. writer.GetPreamble(), .. writer.GetBytes(File.ReadAllText(_own.CombinedFile))];
        string file = Write(encoding, bytes);
        X509Certificate2 certificate = CertificateFiles.ReadCertificates(ConnectionSettings.Certificate, file).Single();
        using X509Certificate2 whole = CertificateFiles.ReadWithKey(certificate, ConnectionSettings.Key, file);
        Assert.That(whole.HasPrivateKey, Is.True);
    }

    [Test]
    [Slow]
    public async Task A_pipe_into_which_nothing_writes_is_given_up()
    {
        string pipe = Path.Combine(Folder, "pipe");
        await Programs.RunAsync(Programs.Start("mkfifo", [pipe]));
        Expect(pipe, "has no end after 10 s");

        // Lets the read that still waits come to its end.
        File.WriteAllText(pipe, "");
    }

    private static void Expect(string file, string flaw) => Assert.That(
        () => CertificateFiles.ReadCertificates(ConnectionSettings.Authorities, file),
        Throws.TypeOf<UsageException>().With.Message.EqualTo($"--ca: '{file}' {flaw}; it takes a file with certificates in PEM"));

    [Test]
    public void A_key_that_cannot_be_used_says_why()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string locked = other.ExportEncryptedPkcs8PrivateKeyPem("geheim", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1));
        string ed25519 = PemEncoding.WriteString("PRIVATE KEY", Ed25519Key);
        X509Certificate2 mine = CertificateFiles.ReadCertificates(ConnectionSettings.Certificate, _own.CertificateFile).Single();
        Assert.Multiple(() =>
        {
            Expect(mine, Folder, "is a directory");
            Expect(mine, Path.Combine(Folder, "none"), "does not exist");
            Expect(mine, _own.CertificateFile, "has no private key, but CERTIFICATE");
            Expect(mine, Write("public", other.ExportSubjectPublicKeyInfoPem()), "has no private key, but PUBLIC KEY");
            Expect(mine, Write("der-key", other.ExportPkcs8PrivateKey()), "has no private key: it is binary (DER or PKCS #12)");
            Expect(mine, Write("other", other.ExportPkcs8PrivateKeyPem()), "has another key than that of the certificate, or a damaged one");
            Expect(mine, Write("broken", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), "has another key than that of the certificate, or a damaged one");
            Expect(mine, Write("ed25519", ed25519), "has another key than that of the certificate, or a damaged one");
            Expect(mine, Write("locked", locked), "has a key with a password ('openssl pkey -in FILE -out NEW' takes it off)");
            Expect(mine, Write("locked-too", "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"), "has a key with a password ('openssl pkey -in FILE -out NEW' takes it off)");
            Expect(mine, Write("ssh", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"), "has a key in OpenSSH's own format ('ssh-keygen -p -m PKCS8 -f FILE' converts it)");

            X509Certificate2 edwards = CertificateFiles.ReadCertificates(ConnectionSettings.Certificate, Write("ed25519.crt", Ed25519)).Single();
            Expect(edwards, Write("ed25519", ed25519), "cannot be used: the certificate is for an Ed25519 key, and TLS here takes RSA and ECDSA keys");
        });

        static void Expect(X509Certificate2 certificate, string file, string flaw) => Assert.That(
            () => CertificateFiles.ReadWithKey(certificate, ConnectionSettings.Key, file),
            Throws.TypeOf<UsageException>().With.Message.EqualTo($"--key: '{file}' {flaw}; it takes a file with a private key in PEM"));
    }
}
