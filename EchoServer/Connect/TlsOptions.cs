using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace EchoServer.Connect;

/// <summary>The options of a TLS handshake: trusted authorities, server name, client certificate.</summary>
internal static class TlsOptions
{
    /// <summary>Makes the runtime's options from ours. The caller judges the server's certificate.</summary>
    internal static SslClientAuthenticationOptions Create(ConnectionOptions options, Uri url)
    {
        var tls = new SslClientAuthenticationOptions
        {
            TargetHost = HostOf(url),
            ApplicationProtocols = [SslApplicationProtocol.Http11],
        };
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

    /// <summary>As certificates have it: RFC 6066 §3, "without a trailing dot", and without the zone of an IPv6 address.</summary>
    private static string HostOf(Uri url) => IPAddress.TryParse(url.IdnHost, out IPAddress? address)
        ? new IPAddress(address.GetAddressBytes()).ToString()
        : url.IdnHost.TrimEnd('.');
}
