using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace EchoServer.Diagnosis;

/// <summary>Why TLS could not be agreed on, or why a certificate is not believed.</summary>
internal static class TlsDiagnosis
{
    // RFC 8446 §6.2 as OpenSSL and others write it. A certificate of the server is refused on this side, without an alert from there.
    private const string Alert = " alert ";

    // OpenSSL: "error:0A00010B:SSL routines::wrong version number". Any other words are the runtime's, and say nothing to a user.
    private const string EndOfRoutine = " routines::";

    /// <summary>Says why a plain request got no answer from a port that speaks TLS.</summary>
    internal static readonly Fault PlainToTls = new("this port speaks TLS, and ws:// does not", "use wss:// instead of ws://");

    private static readonly string[] CertificateAlerts =
    [
        "certificate required", "certificate_required", "bad certificate", "unsupported certificate", "certificate revoked",
        "certificate expired", "certificate unknown", "unknown ca", "access denied", "decrypt error",
    ];

    /// <summary>Names the flaw of a certificate, the most telling one first.</summary>
    /// <returns>Null when nothing is. The advice is without <c>--insecure</c>, which may have been given.</returns>
    internal static Fault? Of(
        SslPolicyErrors errors, X509ChainStatusFlags chain, CertificateFacts? facts, Uri url, DateTimeOffset now, bool hasAuthorities)
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
                "have it renewed where TLS ends: the router or the balancer, not the app");
        }

        if (facts.NotBefore > now)
        {
            return new(
                $"the certificate is not valid before {Date(facts.NotBefore)}",
                "check this machine's clock, then the certificate where TLS ends");
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            string names = string.Join(", ", facts.Names.DefaultIfEmpty(facts.Subject).Select(ReceivedAnswer.Shown));
            return new(
                $"the certificate is for {names}, not for {ReceivedAnswer.Shown(url.DnsSafeHost.Split('%')[0])}",
                "use a name that is in the certificate (a wildcard covers one label only), or have this one added to it");
        }

        return OfChain(chain, facts, hasAuthorities);
    }

    /// <summary>Adds to the advice about a certificate that it need not be checked.</summary>
    internal static Fault OrInsecure(Fault flaw) => flaw with { Advice = $"{flaw.Advice}; --insecure goes on without checking it" };

    /// <summary>A time in whole days, or in hours where it is short: <c>3 days</c>.</summary>
    internal static string Days(TimeSpan time) =>
        time.TotalDays < 2 ? Numbers.Of((long)time.TotalHours, "hour") : Numbers.Of((long)time.TotalDays, "day");

    /// <summary>How long a certificate is valid from now on: <c>30 days left</c>.</summary>
    internal static string Validity(CertificateFacts certificate, DateTimeOffset now) =>
        certificate.NotBefore > now ? $"not valid before {Date(certificate.NotBefore)}"
            : certificate.NotAfter > now ? $"{Days(certificate.NotAfter - now)} left"
            : $"expired {Days(now - certificate.NotAfter)} ago";

    /// <summary>Whether a TLS handshake failed with an alert of the server, which therefore speaks TLS.</summary>
    internal static bool IsAlert(Exception exception) => Has(Messages(exception), Alert);

    /// <summary>Says why a TLS handshake failed, from the words of the runtime and of OpenSSL.</summary>
    internal static Fault Of(Exception exception) => TryOf(exception) ?? new(
        $"TLS failed: {Reason(exception)}", "check that the port speaks TLS; 'openssl s_client -connect HOST:PORT -servername HOST' shows more");

    /// <summary>Says why a TLS handshake failed, in a sentence part: the cause, or the words of OpenSSL.</summary>
    internal static string Reason(Exception exception)
    {
        string words = exception.GetBaseException().Message;
        int start = words.LastIndexOf(EndOfRoutine, StringComparison.Ordinal);
        int alert = words.LastIndexOf(Alert, StringComparison.Ordinal);
        return TryOf(exception)?.Cause ??
            (start < 0 ? "the cause is not known"
                : alert < 0 ? $"OpenSSL says '{ReceivedAnswer.Shown(words[(start + EndOfRoutine.Length)..])}'"
                : $"the server refuses the handshake (it says: {ReceivedAnswer.Shown(words[(alert + Alert.Length)..])})");
    }

    private static Fault? TryOf(Exception exception) =>
        OfClientCertificate(exception) ?? OfWords(Messages(exception));

    /// <summary>Says why TLS broke after its handshake: an alert about the client's certificate, or bytes that TLS does not take.</summary>
    internal static Fault OfBreak(Exception exception) => OfClientCertificate(exception) ?? new(
        "TLS broke after its handshake: bytes arrived that were altered, or that are not TLS",
        "check from another network: something on the way alters the connection, or the server, or the balancer in front of it, has a fault");

    /// <summary>Finds the alert of a server that does not accept the client's certificate, or misses one. With TLS 1.3 it comes after the handshake.</summary>
    /// <returns>Null for any other exception.</returns>
    internal static Fault? OfClientCertificate(Exception exception)
    {
        string text = Messages(exception);
        int start = text.LastIndexOf(Alert, StringComparison.OrdinalIgnoreCase);
        string alert = start < 0 ? text : text[(start + Alert.Length)..];
        return Array.Exists(CertificateAlerts, words => Has(alert, words))
            ? new(
                $"the server asks for a client certificate, and does not accept the one that was sent, or none was sent{(start < 0 ? "" : $" (it says: {ReceivedAnswer.Shown(alert)})")}",
                "pass one that it trusts with --cert and --key")
            : null;
    }

    private static Fault? OfWords(string text) => text switch
    {
        _ when Has(text, "wrong version number") || Has(text, "frame size") || Has(text, "corrupted frame") || Has(text, "packet length too long") => new(
            "what listens on this port speaks no TLS", "use ws:// instead of wss://, or the port that speaks TLS, usually 443"),
        _ when Has(text, "unrecognized name") || Has(text, "unrecognized_name") => new(
            "the server has no certificate for this host name and says so", "check the host name; on Cloud Foundry, whether its domain is set up at the balancer"),
        _ when Has(text, "protocol version") || Has(text, "unsupported protocol") => new(
            "client and server have no version of TLS in common", "have TLS 1.2 or 1.3 turned on where TLS ends"),
        _ when Has(text, "no application protocol") => new(
            "the server takes no HTTP/1.1 over TLS (ALPN), and WebSocket needs it", "have http/1.1 turned on where TLS ends, beside HTTP/2"),
        _ when Has(text, "handshake failure") || Has(text, "no shared cipher") || Has(text, "insufficient security") => new(
            "client and server have no cipher in common, or the server asks for a client certificate",
            "pass one with --cert and --key if there is one; otherwise have current ciphers turned on where TLS ends"),
        _ when Has(text, "unexpected EOF") || Has(text, "0 bytes") || Has(text, "unexpected eof") => new(
            "the server ended the connection during the TLS handshake: it knows no such host name, or speaks no TLS on this port",
            "check host name and port; on Cloud Foundry, whether the domain is set up at the balancer"),
        _ => null,
    };

    private static Fault OfChain(X509ChainStatusFlags chain, CertificateFacts facts, bool hasAuthorities)
    {
        string authority = ReceivedAnswer.Shown(facts.Authority);
        string trustIt = hasAuthorities ? "add it to the file of --ca" : "pass it with --ca FILE";
        string trustAuthority = $"take the certificate of '{authority}' and {trustIt}";
        string isUnknown = $"'{authority}' is not {(hasAuthorities ? "in the file of --ca" : "known to this machine")}";
        return chain switch
        {
            _ when chain.HasFlag(X509ChainStatusFlags.Revoked) => new(
                "the certificate was revoked by its issuer", "have a new one put where TLS ends"),
            _ when facts.Subject == facts.Issuer => new(
                $"the certificate is self-signed ('{ReceivedAnswer.Shown(facts.Subject)}')", $"{trustIt} if you know it"),
            _ when chain.HasFlag(X509ChainStatusFlags.NotSignatureValid) => new(
                "the certificate, or one between it and its authority, was not signed by the issuer that it names",
                "look where TLS ends: something answers in the server's place, or certificates are installed that do not belong together"),
            _ when chain.HasFlag(X509ChainStatusFlags.NotTimeValid) => new(
                $"a certificate between this one and '{authority}' has expired or is not valid yet, or that of '{authority}' itself",
                "have the chain renewed where TLS ends, and check this machine's clock"),
            _ when chain.HasFlag(X509ChainStatusFlags.PartialChain) => new(
                $"the certificate cannot be traced to a trusted authority: {isUnknown}, or the server leaves out the certificates in between",
                $"{trustAuthority}, or have the whole chain installed where TLS ends"),
            X509ChainStatusFlags.NoError or X509ChainStatusFlags.UntrustedRoot => new(
                $"the certificate is not trusted: {isUnknown} (a private authority, or a company proxy that looks into TLS)", trustAuthority),
            _ => new($"the certificate is not fit for a server: {chain}", "have one that was issued for TLS servers put where TLS ends"),
        };
    }

    private static string Messages(Exception exception) =>
        exception.InnerException is Exception inner ? $"{exception.Message} {Messages(inner)}" : exception.Message;

    private static bool Has(string text, string words) => text.Contains(words, StringComparison.OrdinalIgnoreCase);

    private static string Date(DateTimeOffset time) => time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
