using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace EchoServer.Diagnosis;

/// <summary>Why TLS could not be agreed on, or why a certificate is not believed.</summary>
internal static class TlsDiagnosis
{
    /// <summary>Names the flaw of a certificate, the most telling one first.</summary>
    /// <param name="errors">What the runtime found.</param>
    /// <param name="chain">What it found in the chain, taken together.</param>
    /// <param name="facts">The server's certificate; null when it sent none.</param>
    /// <param name="url">Where to.</param>
    /// <param name="now">The time now.</param>
    /// <returns>Null when nothing is.</returns>
    internal static Fault? Of(SslPolicyErrors errors, X509ChainStatusFlags chain, CertificateFacts? facts, Uri url, DateTimeOffset now)
    {
        if (errors == SslPolicyErrors.None)
        {
            return null;
        }

        if (facts is null)
        {
            return new("the server showed no certificate", "check whether this port is meant for TLS");
        }

        if (facts.NotAfter < now)
        {
            return new(
                $"the certificate expired {Days(now - facts.NotAfter)} ago, on {Date(facts.NotAfter)}",
                "have it renewed where TLS ends: the router or the balancer, not the app; --insecure checks the rest meanwhile");
        }

        if (facts.NotBefore > now)
        {
            return new(
                $"the certificate is not valid before {Date(facts.NotBefore)}",
                "check this machine's clock, then the certificate where TLS ends; --insecure checks the rest meanwhile");
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            string names = string.Join(", ", facts.Names.DefaultIfEmpty(facts.Subject).Select(ReceivedAnswer.Shown));
            return new(
                $"the certificate is for {names}, not for {ReceivedAnswer.Shown(url.DnsSafeHost)}",
                "use a name that is in the certificate (a wildcard covers one label only), or have this one added to it; --insecure checks the rest meanwhile");
        }

        return OfChain(chain, facts);
    }

    /// <summary>Says why a TLS handshake failed, from the words of the runtime and of OpenSSL.</summary>
    internal static Fault Of(Exception exception, Uri url)
    {
        string text = string.Join(" ", Messages(exception));
        if ((OfClientCertificate(exception) ?? OfWords(text)) is Fault fault)
        {
            return fault;
        }

        if (Has(text, "RemoteCertificateNameMismatch"))
        {
            return new(
                $"the certificate is not for {ReceivedAnswer.Shown(url.DnsSafeHost)}",
                "use a name that is in the certificate, or have this one added to it; --insecure connects all the same");
        }

        return Has(text, "NotTimeValid")
            ? new("the certificate has expired, or is not valid yet", "have it renewed where TLS ends, and check this machine's clock; --insecure connects all the same")
            : Has(text, "certificate is invalid") || Has(text, "UntrustedRoot") || Has(text, "PartialChain")
                ? OfChain(Has(text, "PartialChain") ? X509ChainStatusFlags.PartialChain : X509ChainStatusFlags.UntrustedRoot, null)
                : new(
                    $"TLS failed: {ReceivedAnswer.Shown(exception.GetBaseException().Message)}",
                    "check that the port speaks TLS; 'openssl s_client -connect HOST:PORT -servername HOST' shows more");
    }

    /// <summary>Finds the alert of a server that misses a client certificate. With TLS 1.3 it comes after the client's handshake.</summary>
    /// <returns>Null for any other exception.</returns>
    internal static Fault? OfClientCertificate(Exception exception) => IsAboutClientCertificate(string.Join(" ", Messages(exception)))
        ? new("the server asks for a client certificate, and accepts none that was sent", "pass one with --cert and --key")
        : null;

    private static bool IsAboutClientCertificate(string text) =>
        Has(text, "certificate required") || Has(text, "certificate_required") || Has(text, "bad certificate");

    private static Fault? OfWords(string text) => text switch
    {
        _ when Has(text, "wrong version number") || Has(text, "frame size") || Has(text, "corrupted frame") || Has(text, "packet length too long") => new(
            "what listens on this port speaks no TLS", "use ws:// instead of wss://, or the port that speaks TLS, usually 443"),
        _ when Has(text, "unrecognized name") || Has(text, "unrecognized_name") => new(
            "the server has no certificate for this host name and says so", "check the host name; on Cloud Foundry, whether its domain is set up at the balancer"),
        _ when Has(text, "protocol version") || Has(text, "unsupported protocol") => new(
            "client and server have no version of TLS in common", "have TLS 1.2 or 1.3 turned on where TLS ends"),
        _ when Has(text, "handshake failure") || Has(text, "no shared cipher") => new(
            "client and server have no cipher in common, or the server asks for a client certificate",
            "pass one with --cert and --key if there is one; otherwise have current ciphers turned on where TLS ends"),
        _ when Has(text, "unexpected EOF") || Has(text, "0 bytes") || Has(text, "unexpected eof") => new(
            "the server ended the connection during the TLS handshake: it knows no such host name, or speaks no TLS on this port",
            "check host name and port; on Cloud Foundry, whether the domain is set up at the balancer"),
        _ => null,
    };

    private static Fault OfChain(X509ChainStatusFlags chain, CertificateFacts? facts)
    {
        string issuer = facts is null ? "its issuer" : $"its issuer '{ReceivedAnswer.Shown(facts.Issuer)}'";
        if (chain.HasFlag(X509ChainStatusFlags.Revoked))
        {
            return new("the certificate was revoked by its issuer", "have a new one put where TLS ends");
        }

        if (facts is not null && facts.Subject == facts.Issuer)
        {
            return new(
                $"the certificate is self-signed ('{ReceivedAnswer.Shown(facts.Subject)}')",
                "pass it with --ca FILE if you know it, or go on without checking it with --insecure");
        }

        return chain.HasFlag(X509ChainStatusFlags.PartialChain)
            ? new(
                $"the certificate cannot be traced to a trusted authority: {issuer} is not known here, or the server leaves out the certificates in between",
                "pass the authority's certificate with --ca FILE, or have the whole chain installed where TLS ends")
            : new(
                $"the certificate is not trusted: {issuer} is none that this machine knows (a private authority, or a company proxy that looks into TLS)",
                "pass the authority's certificate with --ca FILE, or go on without checking it with --insecure");
    }

    private static IEnumerable<string> Messages(Exception exception)
    {
        for (Exception? it = exception; it is not null; it = it.InnerException)
        {
            yield return it.Message;
        }
    }

    private static bool Has(string text, string words) => text.Contains(words, StringComparison.OrdinalIgnoreCase);

    private static string Date(DateTimeOffset time) => time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Days(TimeSpan time) => time.TotalDays < 2
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0} hours")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalDays:0} days");
}
