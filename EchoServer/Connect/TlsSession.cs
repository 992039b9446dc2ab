using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using EchoServer.Diagnosis;

namespace EchoServer.Connect;

/// <summary>The result of a TLS handshake, with the judgement of the server's certificate.</summary>
/// <remarks>The application protocol is what ALPN selected, empty for none; the flaw is the reason not to trust the certificate, null when it is trusted.</remarks>
internal sealed record TlsSession(
    SslProtocols Protocol, TlsCipherSuite CipherSuite, string ApplicationProtocol, CertificateFacts? Certificate, Fault? Flaw)
{
    /// <summary>Lays TLS over a connection. An untrusted certificate becomes a <see cref="Flaw"/>, not a failure.</summary>
    /// <exception cref="ConnectionFailedException">TLS could not be agreed on.</exception>
    internal static async Task<TlsSession> EstablishAsync(
        TcpLink link, ConnectionOptions options, Uri url, Step step, CancellationToken stop)
    {
        OpenSsl.ThrowIfMissing(step.Stage);
        SslPolicyErrors errors = SslPolicyErrors.None;
        var statuses = X509ChainStatusFlags.NoError;
        CertificateFacts? facts = null;
        SslClientAuthenticationOptions tls = Options(options, url);
        tls.RemoteCertificateValidationCallback = (_, certificate, chain, found) =>
        {
            errors = chain is not null && IsAnchored(chain, options.Authorities) ? found & ~SslPolicyErrors.RemoteCertificateChainErrors : found;
            statuses = chain?.ChainStatus.Aggregate(statuses, (all, status) => all | status.Status) ?? statuses;
            facts = certificate is X509Certificate2 whole ? CertificateFacts.From(whole, chain) : null;
            return true;
        };
        link.WantsCertificate = options.ClientCertificate is not null;
        tls.LocalCertificateSelectionCallback = options.ClientCertificate is not null ? null : (_, _, _, server, _) =>
        {
            // Before the handshake it is called as well, and knows no server.
            link.WantsCertificate |= server is not null;
            return null!;
        };
        var stream = new SslStream(link.Stream, leaveInnerStreamOpen: false);
        link.Stream = stream;
        await step.RunAsync(token => stream.AuthenticateAsClientAsync(tls, token), stop).ConfigureAwait(false);
        return new(
            stream.SslProtocol,
            stream.NegotiatedCipherSuite,
            stream.NegotiatedApplicationProtocol.ToString(),
            facts,
            TlsDiagnosis.Of(errors, statuses, facts, url, DateTimeOffset.UtcNow, options.Authorities is not null));
    }

    /// <summary>Throws where the certificate is not trusted, unless the options allow that.</summary>
    internal void ThrowIfNotTrusted(ConnectionOptions options)
    {
        if (Flaw is not null && !options.IsInsecure)
        {
            throw new ConnectionFailedException(Stage.Tls, "the certificate is not trusted", TlsDiagnosis.OrInsecure(Flaw));
        }
    }

    /// <summary>Makes the runtime's options from ours. The caller judges the server's certificate.</summary>
    private static SslClientAuthenticationOptions Options(ConnectionOptions options, Uri url)
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

    /// <summary>
    /// Whether a chain is sound up to a certificate that <c>--ca</c> has. The runtime trusts only a root; OpenSSL (X509_V_FLAG_PARTIAL_CHAIN)
    /// and curl any certificate that they are given, and so the issuer in between may stand alone in the file.
    /// </summary>
    private static bool IsAnchored(X509Chain chain, X509Certificate2Collection? authorities)
    {
        const X509ChainStatusFlags withoutRoot = X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot;

        // Not the certificates' own comparison, which takes the same issuer and serial number for the same certificate.
        return authorities is not null && chain.ChainElements
            .TakeWhile(element => element.ChainElementStatus.All(status => (status.Status & ~withoutRoot) == X509ChainStatusFlags.NoError))
            .Any(element => authorities.Any(authority => authority.RawDataMemory.Span.SequenceEqual(element.Certificate.RawDataMemory.Span)));
    }
}
