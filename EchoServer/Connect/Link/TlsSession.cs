using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using EchoServer.Diagnosis;

namespace EchoServer.Connect.Link;

/// <summary>What was agreed on in a TLS handshake, and what is to be thought of the server's certificate.</summary>
/// <param name="Protocol">The version.</param>
/// <param name="CipherSuite">The cipher suite.</param>
/// <param name="ApplicationProtocol">What ALPN agreed on; empty when the server has no opinion.</param>
/// <param name="Certificate">The server's certificate; null when it sent none.</param>
/// <param name="Flaw">What is wrong with it; null when it is to be trusted.</param>
internal sealed record TlsSession(
    SslProtocols Protocol, TlsCipherSuite CipherSuite, string ApplicationProtocol, CertificateFacts? Certificate, Fault? Flaw)
{
    /// <summary>Lays TLS over a connection. A certificate that is not to be trusted is no failure here, but a <see cref="Flaw"/>.</summary>
    /// <exception cref="ProbeException">TLS could not be agreed on.</exception>
    internal static async Task<TlsSession> EstablishAsync(TcpLink link, Dialer dialer, CancellationToken stop)
    {
        SslPolicyErrors errors = SslPolicyErrors.None;
        var statuses = X509ChainStatusFlags.NoError;
        CertificateFacts? facts = null;
        SslClientAuthenticationOptions tls = TlsOptions.Create(dialer.Options, dialer.Url.IdnHost);
        tls.RemoteCertificateValidationCallback = (_, certificate, chain, found) =>
        {
            errors = found;
            statuses = chain?.ChainStatus.Aggregate(statuses, (all, status) => all | status.Status) ?? statuses;
            facts = certificate is X509Certificate2 whole ? CertificateFacts.From(whole) : null;
            return true;
        };
        var stream = new SslStream(link.Stream, leaveInnerStreamOpen: false);
        link.Stream = stream;
        await dialer.Step(Stage.Tls).RunAsync(token => stream.AuthenticateAsClientAsync(tls, token), stop).ConfigureAwait(false);
        return new(
            stream.SslProtocol,
            stream.NegotiatedCipherSuite,
            stream.NegotiatedApplicationProtocol.ToString(),
            facts,
            TlsDiagnosis.Of(errors, statuses, facts, dialer.Url, DateTimeOffset.UtcNow));
    }

    /// <summary>Gives up where a certificate is not to be trusted, unless that was allowed.</summary>
    /// <exception cref="ProbeException">It is not.</exception>
    internal void ThrowIfNotTrusted(Dialer dialer)
    {
        if (Flaw is not null && !dialer.Options.IsInsecure)
        {
            throw new ProbeException(Stage.Tls, "the certificate is not trusted", Flaw);
        }
    }
}
