using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using EchoServer.Diagnosis;

namespace EchoServer.Connect;

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
    /// <param name="link">A connection to the server, or to a proxy.</param>
    /// <param name="options">The authorities, and the client's certificate.</param>
    /// <param name="url">The URL with the host name that the certificate must be for.</param>
    /// <param name="step">The time that is left.</param>
    /// <param name="stop">Ends the attempt.</param>
    /// <exception cref="ConnectionFailedException">TLS could not be agreed on.</exception>
    internal static async Task<TlsSession> EstablishAsync(
        TcpLink link, ConnectionOptions options, Uri url, Step step, CancellationToken stop)
    {
        SslPolicyErrors errors = SslPolicyErrors.None;
        var statuses = X509ChainStatusFlags.NoError;
        CertificateFacts? facts = null;
        SslClientAuthenticationOptions tls = TlsOptions.Create(options, url);
        tls.RemoteCertificateValidationCallback = (_, certificate, chain, found) =>
        {
            errors = found;
            statuses = chain?.ChainStatus.Aggregate(statuses, (all, status) => all | status.Status) ?? statuses;
            facts = certificate is X509Certificate2 whole ? CertificateFacts.From(whole) : null;
            return true;
        };
        var stream = new SslStream(link.Stream, leaveInnerStreamOpen: false);
        link.Stream = stream;
        await step.RunAsync(token => stream.AuthenticateAsClientAsync(tls, token), stop).ConfigureAwait(false);
        return new(
            stream.SslProtocol,
            stream.NegotiatedCipherSuite,
            stream.NegotiatedApplicationProtocol.ToString(),
            facts,
            TlsDiagnosis.Of(errors, statuses, facts, url, DateTimeOffset.UtcNow));
    }

    /// <summary>Gives up where a certificate is not to be trusted, unless that was allowed.</summary>
    /// <exception cref="ConnectionFailedException">It is not.</exception>
    internal void ThrowIfNotTrusted(ConnectionOptions options)
    {
        if (Flaw is not null && !options.IsInsecure)
        {
            throw new ConnectionFailedException(Stage.Tls, "the certificate is not trusted", Flaw);
        }
    }
}
