using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace EchoServer.Connect;

/// <summary>What TLS is told: whom to trust and what to show.</summary>
internal static class TlsOptions
{
    /// <summary>Makes the runtime's options from ours.</summary>
    /// <param name="options">Authorities, client certificate, and whether any certificate will do.</param>
    /// <param name="host">
    /// The name that is asked for and that the certificate must be for; null leaves it to <see cref="System.Net.Http.SocketsHttpHandler"/>.
    /// </param>
    [SuppressMessage("Security", "CA5359:Do Not Disable Certificate Validation", Justification = "It is what --insecure asks for.")]
    internal static SslClientAuthenticationOptions Create(ConnectionOptions options, string? host = null)
    {
        var tls = new SslClientAuthenticationOptions
        {
            TargetHost = host,
            ApplicationProtocols = [SslApplicationProtocol.Http11],
        };
        if (options.IsInsecure)
        {
            tls.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        }

        if (options.Authorities is X509Certificate2Collection authorities)
        {
            tls.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,

                // As without a policy of our own: an authority made for a test has no list of what it revoked.
                RevocationMode = X509RevocationMode.NoCheck,
            };
            tls.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
            tls.CertificateChainPolicy.ExtraStore.AddRange(authorities);
        }

        if (options.ClientCertificate is X509Certificate2Collection certificates)
        {
            X509Certificate2Collection between = [.. certificates.Skip(1)];
            tls.ClientCertificateContext = SslStreamCertificateContext.Create(certificates[0], between, offline: true);
        }

        return tls;
    }
}
