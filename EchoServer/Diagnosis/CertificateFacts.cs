using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EchoServer.Diagnosis;

/// <summary>Holds the parts of a certificate that a diagnosis needs. Not escaped.</summary>
internal sealed record CertificateFacts(
    string Subject, string Issuer, DateTimeOffset NotBefore, DateTimeOffset NotAfter, IReadOnlyList<string> Names)
{
    private const int MaxNames = 5;

    /// <summary>The issuer of the last certificate that the chain has: the authority that is to be trusted.</summary>
    internal string Authority { get; init; } = Issuer;

    /// <summary>Reads a certificate, with those from it up to its authority as far as they are known.</summary>
    internal static CertificateFacts From(X509Certificate2 certificate, X509Chain? chain = null) => new(
        certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false),
        certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: true),
        certificate.NotBefore.ToUniversalTime(),
        certificate.NotAfter.ToUniversalTime(),
        NamesOf(certificate))
    {
        Authority = (chain?.ChainElements.LastOrDefault()?.Certificate ?? certificate).GetNameInfo(X509NameType.SimpleName, forIssuer: true),
    };

    private static string[] NamesOf(X509Certificate2 certificate)
    {
        try
        {
            return
            [
                .. certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
                    .SelectMany(names => names.EnumerateDnsNames().Concat(names.EnumerateIPAddresses().Select(address => $"{address}")))
                    .Take(MaxNames),
            ];
        }
        catch (CryptographicException)
        {
            // The extension is malformed: the certificate then names no host.
            return [];
        }
    }
}
