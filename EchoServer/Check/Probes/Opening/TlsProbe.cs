using System.Security.Authentication;
using EchoServer.Connect;
using EchoServer.Diagnosis;

namespace EchoServer.Check.Probes.Opening;

/// <summary>TLS and the server's certificate; for <c>ws://</c>, whether the host would speak TLS as well.</summary>
internal static class TlsProbe
{
    private const int HttpPort = 80;
    private const int DaysLeftToWarn = 14;

    internal static async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        if (!run.Dialer.IsTls)
        {
            return await LookForTlsAsync(run, stop).ConfigureAwait(false);
        }

        using TcpLink link = await run.Dialer.OpenTunnelAsync(stop).ConfigureAwait(false);
        TlsSession session = await TlsSession.EstablishAsync(
            link, run.Options.Connection, run.Url, run.Dialer.Step(Stage.Tls), stop).ConfigureAwait(false);
        return Judge(session, run.Options.Connection.IsInsecure, DateTimeOffset.UtcNow);
    }

    internal static Finding Judge(TlsSession session, bool isInsecure, DateTimeOffset now)
    {
        double? daysLeft = (session.Certificate?.NotAfter - now)?.TotalDays;
        string text = $"{Version(session.Protocol)}, {session.CipherSuite}, ALPN {(session.ApplicationProtocol.Length > 0 ? ReceivedAnswer.Shown(session.ApplicationProtocol) : "not answered")}";
        if (session.Certificate is CertificateFacts certificate)
        {
            text += $"; certificate '{ReceivedAnswer.Shown(certificate.Subject)}' by '{ReceivedAnswer.Shown(certificate.Issuer)}', {TlsDiagnosis.Validity(certificate, now)}";
        }

        Fact[] facts =
        [
            new("tlsVersion", Version(session.Protocol)), new("cipher", session.CipherSuite.ToString()), new("alpn", session.ApplicationProtocol),
            new("subject", session.Certificate?.Subject), new("issuer", session.Certificate?.Issuer), new("daysLeft", daysLeft),
            new("trusted", session.Flaw is null),
        ];
        if (session.Flaw is Fault flaw)
        {
            return isInsecure ? Finding.Warn(text, flaw, facts) : Finding.Fail(text, TlsDiagnosis.OrInsecure(flaw), facts);
        }

        return daysLeft < DaysLeftToWarn
            ? Finding.Warn(text, new("the certificate expires soon", "have it renewed where TLS ends: the router or the balancer, not the app"), facts)
            : Finding.Pass(text, facts);
    }

    /// <summary>Many hosts answer on both: then TLS is the better way.</summary>
    private static async Task<Finding> LookForTlsAsync(CheckRun run, CancellationToken stop) =>
        run.Options.Connection.Proxy is null && MayHaveTwin(run.Url) && await run.Dialer.FindTlsAsync(-1, stop).ConfigureAwait(false) is Uri twin
            ? Finding.Warn($"ws:// goes without, but the host speaks TLS on port {twin.Port}", new(
                "the host speaks TLS as well: browsers block ws:// from https pages (mixed content), and balancers may look into it or drop its Upgrade header",
                $"use {UrlText.Shown(twin)}"))
            : Finding.Skip("ws:// goes without");

    /// <summary>Whether TLS on port 443 would be the same host's: on this machine another port is another program.</summary>
    internal static bool MayHaveTwin(Uri url) => url.Port == HttpPort || !url.IsLoopback;

    private static string Version(SslProtocols protocol) => protocol switch
    {
        SslProtocols.Tls12 => "TLS 1.2",
        SslProtocols.Tls13 => "TLS 1.3",
        _ => protocol.ToString(),
    };
}
