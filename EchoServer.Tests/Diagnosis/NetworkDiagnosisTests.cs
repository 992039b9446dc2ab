using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using EchoServer.Check.Probes.Opening;
using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.WebSockets;

namespace EchoServer.Tests.Diagnosis;

/// <summary>What the network, TLS and ends mean.</summary>
internal sealed class NetworkDiagnosisTests
{
    private static readonly Uri Url = new("wss://echo.example.org/");
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    private static readonly CertificateFacts Good = new("echo.example.org", "Some CA", Now.AddDays(-10), Now.AddDays(10), ["echo.example.org"]);

    [TestCase(SocketError.ConnectionRefused, Stage.Connect, "connection refused: nothing listens on port 443 of echo.example.org")]
    [TestCase(SocketError.HostNotFound, Stage.Resolve, "the host name 'echo.example.org' is not known")]
    [TestCase(SocketError.NoData, Stage.Resolve, "the host name 'echo.example.org' is not known")]
    [TestCase(SocketError.TryAgain, Stage.Resolve, "no name server answered")]
    [TestCase(SocketError.TimedOut, Stage.Connect, "a firewall drops the packets")]
    [TestCase(SocketError.NetworkUnreachable, Stage.Connect, "no route to the address")]
    [TestCase(SocketError.AddressNotAvailable, Stage.Connect, "cannot use such an address")]
    [TestCase(SocketError.AccessDenied, Stage.Connect, "does not allow")]
    [TestCase(SocketError.ConnectionReset, Stage.Connect, "reset as soon as it was opened")]
    [TestCase(SocketError.ConnectionReset, Stage.Tls, "reset during the TLS handshake: the server speaks no TLS on this port, or crashed")]
    [TestCase(SocketError.ConnectionReset, Stage.Answer, "reset instead of an answer: the server has no WebSocket at this path, or crashed")]
    [TestCase(SocketError.ConnectionReset, Stage.Echo, "in the middle of the conversation")]
    [TestCase(SocketError.TimedOut, Stage.Echo, "the network stopped carrying the connection")]
    [TestCase(SocketError.TimedOut, Stage.Close, "the network stopped carrying the connection")]
    [TestCase(SocketError.HostUnreachable, Stage.Echo, "the network stopped carrying the connection")]
    [TestCase(SocketError.TooManyOpenSockets, Stage.Connect, "may not open more sockets")]
    [TestCase(SocketError.MessageSize, Stage.Echo, "the network says")]
    public void A_socket_error_is_explained(SocketError error, Stage stage, string cause) =>
        Assert.That(NetworkDiagnosis.Of(new IOException("x", new SocketException((int)error)), Url, stage).Cause, Does.Contain(cause));

    [TestCase(SocketError.ConnectionReset, ClientEventKind.Reset, "a reset (RST), without a Close")]
    [TestCase(SocketError.ConnectionAborted, ClientEventKind.Reset, "a reset (RST), without a Close")]
    [TestCase(SocketError.Shutdown, ClientEventKind.Reset, "a reset (RST), without a Close")]
    [TestCase(SocketError.TimedOut, ClientEventKind.Lost, "silence")]
    [TestCase(SocketError.HostUnreachable, ClientEventKind.Lost, "silence")]
    [TestCase(SocketError.NetworkUnreachable, ClientEventKind.Lost, "silence")]
    [TestCase(null, ClientEventKind.Fin, "the end of the stream (FIN), without a Close")]
    public void The_end_of_an_open_connection_has_a_kind(SocketError? error, ClientEventKind kind, string words)
    {
        var cause = new IOException("x", error is SocketError known ? new SocketException((int)known) : null);
        Assert.That(NetworkDiagnosis.EndOf(cause), Is.EqualTo(kind));
        Assert.That(new ClientEvent(kind, []).Describe(), Is.EqualTo(words));
    }

    [TestCase("ws://[2001:db8::1]:81/", SocketError.NetworkUnreachable, "this machine has no route to [2001:db8::1]", "whether this network has IPv6 at all")]
    [TestCase("ws://[2001:db8::1]:81/", SocketError.AddressNotAvailable, "this machine cannot use the address [2001:db8::1]", "check whether IPv6 is on on this machine")]
    [TestCase("ws://[::1]:81/", SocketError.AddressFamilyNotSupported, "this machine cannot use the address [::1]", "check whether IPv6 is on on this machine")]
    [TestCase("ws://host:81/", SocketError.AddressFamilyNotSupported, "this machine cannot use such an address", "or use the host's IPv4 address")]
    [TestCase("ws://[fe80::1]:81/", SocketError.InvalidArgument, "the link-local address [fe80::1] belongs to an interface, and the URL names none", "as in [fe80::1%eth0]")]
    [TestCase("ws://[fe80::1%eth0]:81/", SocketError.NetworkUnreachable, "does not reach the link-local address [fe80::1%eth0] over that interface", "check that the interface 'eth0' is up")]
    [TestCase("ws://[fe80::1%eth0]:81/", SocketError.AddressNotAvailable, "does not reach the link-local address [fe80::1%eth0] over that interface", "check that the interface 'eth0' is up")]
    [TestCase("ws://[fe80::1%eth0]:81/", SocketError.ConnectionRefused, "nothing listens on port 81 of [fe80::1%eth0]", "start the server")]
    public void An_IPv6_address_is_shown_whole_and_the_advice_fits_it(string url, SocketError error, string cause, string advice)
    {
        Fault fault = NetworkDiagnosis.Of(new SocketException((int)error), new Uri(url), Stage.Connect);
        Assert.That(fault.Cause, Does.Contain(cause));
        Assert.That(fault.Advice, Does.Contain(advice));
    }

    [TestCase(Stage.Resolve, "the name server did not answer within 2.5 s")]
    [TestCase(Stage.Connect, "nothing answered on port 443 of echo.example.org within 2.5 s: a firewall")]
    [TestCase(Stage.Tls, "the TLS handshake was not answered")]
    [TestCase(Stage.Answer, "the server hangs, or it is not an HTTP server")]
    [TestCase(Stage.Echo, "no echo came")]
    [TestCase(Stage.Close, "did not answer the Close")]
    public void Each_stage_has_a_time_out_of_its_own(Stage stage, string cause) =>
        Assert.That(NetworkDiagnosis.OfTimeout(stage, TimeSpan.FromSeconds(2.5), Url).Cause, Does.Contain(cause));

    [TestCase(Stage.Answer, "ended the connection instead of answering")]
    [TestCase(Stage.Echo, "without a Close")]
    [TestCase(Stage.Tls, "during the TLS handshake")]
    public void An_end_of_the_stream_is_explained(Stage stage, string cause) => Assert.That(
        NetworkDiagnosis.Of(new IOException("Received an unexpected EOF or 0 bytes from the transport stream."), Url, stage).Cause, Does.Contain(cause));

    [Test]
    public void An_end_of_a_server_that_has_asked_for_a_certificate_can_have_that_cause()
    {
        Exception[] ends = [new EndOfStreamException(), new IOException("x", new SocketException((int)SocketError.ConnectionReset))];
        Fault[] faults = [.. ends.Select(end => NetworkDiagnosis.Of(end, Url, Stage.Answer, wantsCertificate: true))];
        Assert.That(faults, Has.All.Property("Cause").Contains(
            "did not get the client certificate that it asks for, has no WebSocket at this path, "));
        Assert.That(faults, Has.All.Property("Advice").EqualTo(
            "pass a certificate that it trusts with --cert and --key; otherwise check port and path, and see the app's log"));
    }

    [TestCase("wss://echo.example.org:8080/", "port inside the app's container", "wss://echo.example.org")]
    [TestCase("ws://echo.example.org:3333/", "the tutorial's port", "leave the port out: wss://echo.example.org")]
    [TestCase("wss://echo.example.org:4443/", "old foundations", "wss://echo.example.org")]
    [TestCase("wss://echo.example.org:80/", "port 80 speaks plain HTTP", "wss://echo.example.org")]
    [TestCase("ws://echo.example.org:443/", "port 443 speaks TLS", "wss://echo.example.org")]
    public void A_port_that_the_router_does_not_have_is_explained(string url, string cause, string advice)
    {
        Fault? diagnosis = PortFacts.Of(new Uri(url));
        Assert.That(diagnosis!.Cause, Does.Contain(cause));
        Assert.That(diagnosis.Advice, Does.Contain(advice));
        Assert.That(NetworkDiagnosis.OfTimeout(Stage.Connect, TimeSpan.FromSeconds(1), new Uri(url)).Cause, Does.Contain(cause));
    }

    [TestCase("wss://echo.example.org/")]
    [TestCase("ws://echo.example.org/")]
    [TestCase("ws://localhost:8080/")]
    [TestCase("http://proxy.example.org:8080/")]
    public void Any_other_port_is_not(string url) => Assert.That(PortFacts.Of(new Uri(url)), Is.Null);

    [TestCase("Authentication failed", "error:0A00010B:SSL routines::wrong version number", "speaks no TLS")]
    [TestCase("Cannot determine the frame size or a corrupted frame was received.", "", "speaks no TLS")]
    [TestCase("x", "error:0A000458:SSL routines::tlsv1 unrecognized name", "no certificate for this host name")]
    [TestCase("x", "error:0A00042E:SSL routines::tlsv1 alert protocol version", "no version of TLS in common")]
    [TestCase("x", "error:0A00045C:SSL routines::tlsv13 alert certificate required", "asks for a client certificate, and does not accept the one that was sent, or none was sent (it says: certificate required)")]
    [TestCase("x", "error:0A000418:SSL routines::tlsv1 alert unknown ca", "asks for a client certificate, and does not accept the one that was sent, or none was sent (it says: unknown ca)")]
    [TestCase("x", "error:0A000415:SSL routines::ssl/tls alert certificate expired", "(it says: certificate expired)")]
    [TestCase("x", "error:0A000412:SSL routines::sslv3 alert bad certificate", "(it says: bad certificate)")]
    [TestCase("x", "error:0A000410:SSL routines::sslv3 alert handshake failure", "no cipher in common")]
    [TestCase("Received an unexpected EOF or 0 bytes from the transport stream.", "", "knows no such host name")]
    [TestCase("Authentication failed, see inner exception.", "error:0A000999:SSL routines::something else", "TLS failed: OpenSSL says 'something else'")]
    [TestCase("x", "error:0A000438:SSL routines::tlsv1 alert internal error", "TLS failed: the server refuses the handshake (it says: internal error)")]
    [TestCase("x", "error:0A000460:SSL routines::tlsv1 alert no application protocol", "the server takes no HTTP/1.1 over TLS (ALPN), and WebSocket needs it")]
    [TestCase("x", "error:0A00042F:SSL routines::tlsv1 alert insufficient security", "no cipher in common")]
    [TestCase("The runtime's own words.", "", "TLS failed: the cause is not known")]
    public void A_failed_TLS_handshake_is_explained(string outer, string inner, string cause) => Assert.That(
        NetworkDiagnosis.Of(new AuthenticationException(outer, inner.Length > 0 ? new IOException(inner) : null), Url, Stage.Tls).Cause,
        Does.Contain(cause));

    [Test]
    public void TLS_that_breaks_after_its_handshake_was_spoken([Values(Stage.Answer, Stage.Echo, Stage.Close)] Stage stage)
    {
        Exception Break(string words) => new IOException("x", new AuthenticationException("Cannot determine the frame size or a corrupted frame was received.", new IOException(words)));
        Assert.That(NetworkDiagnosis.Of(Break("error:0A00010B:SSL routines::wrong version number"), Url, stage).Cause, Does.StartWith("TLS broke after its handshake"));
        Assert.That(NetworkDiagnosis.Of(Break("error:0A00045C:SSL routines::tlsv13 alert certificate required"), Url, stage).Cause, Does.StartWith("the server asks for a client certificate"));
    }

    private static TestCaseData<SslPolicyErrors, X509ChainStatusFlags, CertificateFacts?, string>[] Certificates() =>
    [
        new(SslPolicyErrors.RemoteCertificateNotAvailable, X509ChainStatusFlags.NoError, null, "no certificate"),
        new(SslPolicyErrors.RemoteCertificateChainErrors, X509ChainStatusFlags.NotTimeValid, Good with { NotAfter = Now.AddDays(-3) }, "expired 3 days ago, on 2026-11-19"),
        new(SslPolicyErrors.RemoteCertificateChainErrors, X509ChainStatusFlags.NotTimeValid, Good with { NotBefore = Now.AddDays(2) }, "not valid before 2026-11-24"),
        new(SslPolicyErrors.RemoteCertificateNameMismatch, X509ChainStatusFlags.NoError, Good with { Names = ["a.org", "*.b.org"] }, "is for a.org, *.b.org, not for echo.example.org"),
        new(SslPolicyErrors.RemoteCertificateChainErrors, X509ChainStatusFlags.Revoked, Good, "revoked"),
        new(SslPolicyErrors.RemoteCertificateChainErrors, X509ChainStatusFlags.UntrustedRoot, Good with { Issuer = Good.Subject }, "self-signed ('echo.example.org')"),
        new(SslPolicyErrors.RemoteCertificateChainErrors, X509ChainStatusFlags.PartialChain, Good, "cannot be traced"),
        new(SslPolicyErrors.RemoteCertificateChainErrors, X509ChainStatusFlags.UntrustedRoot, Good, "is not trusted: 'Some CA' is not known to this machine"),
        new(SslPolicyErrors.RemoteCertificateChainErrors, X509ChainStatusFlags.UntrustedRoot, Good with { Authority = "A Root" }, "is not trusted: 'A Root' is not known to this machine"),
        new(SslPolicyErrors.RemoteCertificateChainErrors, X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.NotSignatureValid, Good, "not signed by the issuer"),
        new(SslPolicyErrors.RemoteCertificateChainErrors, X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.NotTimeValid, Good, "a certificate between this one and 'Some CA' has expired"),
        new(SslPolicyErrors.RemoteCertificateChainErrors, X509ChainStatusFlags.NotValidForUsage, Good, "not fit for a server: NotValidForUsage"),
    ];

    [TestCaseSource(nameof(Certificates))]
    public void A_certificate_that_is_not_believed_is_explained(
        SslPolicyErrors errors, X509ChainStatusFlags chain, CertificateFacts? facts, string cause) =>
        Assert.That(TlsDiagnosis.Of(errors, chain, facts, Url, Now, hasAuthorities: false)!.Cause, Does.Contain(cause));

    [TestCase(X509ChainStatusFlags.PartialChain, false, "pass it with --ca FILE")]
    [TestCase(X509ChainStatusFlags.PartialChain, true, "add it to the file of --ca")]
    [TestCase(X509ChainStatusFlags.UntrustedRoot, false, "take the certificate of 'Some CA' and pass it with --ca FILE")]
    [TestCase(X509ChainStatusFlags.UntrustedRoot, true, "take the certificate of 'Some CA' and add it to the file of --ca")]
    public void What_was_passed_with_ca_is_not_asked_for_again(X509ChainStatusFlags chain, bool hasAuthorities, string advice)
    {
        Fault flaw = TlsDiagnosis.Of(SslPolicyErrors.RemoteCertificateChainErrors, chain, Good, Url, Now, hasAuthorities)!;
        Assert.That(flaw.Advice, Does.Contain(advice).And.Not.Contain("--insecure"));
        Assert.That(flaw.Cause.Contains("file of --ca", StringComparison.Ordinal), Is.EqualTo(hasAuthorities));
    }

    [TestCase(0.5, "0 hours")]
    [TestCase(1.5, "1 hour")]
    [TestCase(24.1, "24 hours")]
    [TestCase(47.9, "47 hours")]
    [TestCase(48, "2 days")]
    [TestCase(71.9, "2 days")]
    [TestCase(8000, "333 days")]
    public void Short_times_are_in_hours(double hours, string shown) => Assert.That(TlsDiagnosis.Days(TimeSpan.FromHours(hours)), Is.EqualTo(shown));

    [TestCase(-10, 10, "10 days left")]
    [TestCase(-10, -3, "expired 3 days ago")]
    [TestCase(2, 10, "not valid before 2026-11-24")]
    public void A_check_says_how_long_a_certificate_is_valid(int from, int to, string shown)
    {
        var session = new TlsSession(SslProtocols.Tls13, default, "", Good with { NotBefore = Now.AddDays(from), NotAfter = Now.AddDays(to) }, null);
        Assert.That(TlsProbe.Judge(session, isInsecure: true, Now).Text, Does.EndWith($"certificate 'echo.example.org' by 'Some CA', {shown}"));
    }

    [Test]
    public void A_certificate_that_is_believed_has_no_diagnosis() =>
        Assert.That(TlsDiagnosis.Of(SslPolicyErrors.None, X509ChainStatusFlags.NoError, Good, Url, Now, hasAuthorities: true), Is.Null);

    [TestCase(30.4, "Google")]
    [TestCase(60.9, "nginx")]
    [TestCase(241, "Azure")]
    [TestCase(352, "NLB")]
    [TestCase(610, "firewalls")]
    [TestCase(3605, "haproxy")]
    public void A_known_idle_limit_is_named(double seconds, string who)
    {
        Assert.That(EndDiagnosis.KnownLimit(TimeSpan.FromSeconds(seconds)), Does.Contain(who));
        Assert.That(EndDiagnosis.OfIdle(ClientEventKind.Fin, null, TimeSpan.FromSeconds(seconds)).Cause, Does.Contain(who));
    }

    [TestCase(2)]
    [TestCase(45)]
    [TestCase(1000)]
    public void Any_other_idle_time_is_not(double seconds) => Assert.That(EndDiagnosis.KnownLimit(TimeSpan.FromSeconds(seconds)), Is.Null);

    [TestCase(ClientEventKind.Fin, null, "ended (FIN) the connection after 2 idle seconds")]
    [TestCase(ClientEventKind.Reset, null, "reset (RST) the connection after 2 idle seconds")]
    [TestCase(ClientEventKind.Close, CloseCode.GoingAway, "the server itself closed after 2 idle seconds, with 1001 GoingAway")]
    [TestCase(ClientEventKind.Close, CloseCode.NoStatusReceived, "the server itself closed after 2 idle seconds, without a code")]
    public void Who_ended_an_idle_connection_is_said(ClientEventKind kind, CloseCode? code, string cause) =>
        Assert.That(EndDiagnosis.OfIdle(kind, code, TimeSpan.FromSeconds(2)).Cause, Does.Contain(cause));

    [Test]
    public void A_known_limit_is_named_only_where_the_end_was_seen_and_was_no_Close()
    {
        foreach (int seconds in (int[])[60, 350, 3600])
        {
            Fault lost = EndDiagnosis.OfIdle(ClientEventKind.Lost, null, TimeSpan.FromSeconds(seconds));
            Assert.That(lost.Cause, Does.Contain($"at some time within {seconds} idle seconds").And.Not.Contain("limit"));
            Assert.That(EndDiagnosis.OfIdle(ClientEventKind.Close, CloseCode.GoingAway, TimeSpan.FromSeconds(seconds)).Cause, Does.Not.Contain("limit"));
            Assert.That(EndDiagnosis.OfIdle(ClientEventKind.Reset, null, TimeSpan.FromSeconds(seconds)).Cause, Does.Contain("that is the limit of"));
        }
    }

    [Test]
    public void Every_close_code_is_explained()
    {
        foreach (CloseCode code in Enum.GetValues<CloseCode>().Where(code => ClosePayload.IsCodeAllowed((int)code)))
        {
            Assert.That(EndDiagnosis.OfClose(code, "why\u001b").Cause, Does.Contain($"{(int)code} {code} 'why\\u{{1b}}': "));
        }
    }

    [TestCase(1009, "a message of 16777217 bytes or more is over 16777216", "the server sent more than this client takes, which is not against the protocol: a message of 16777217 bytes or more is over 16777216; the client closed with 1009 MessageTooBig", "smaller messages")]
    [TestCase(1013, "no memory left", "the server sent more than this client takes", "smaller messages")]
    [TestCase(1002, "opcode 0x3 is reserved", "the server broke the WebSocket protocol: opcode 0x3 is reserved", "alters frames")]
    [TestCase(1007, "not UTF-8", "the server broke the WebSocket protocol: not UTF-8", "alters frames")]
    public void A_limit_of_this_client_is_not_a_fault_of_the_server(int code, string rule, string cause, string advice)
    {
        Fault fault = EndDiagnosis.OfViolation((CloseCode)code, rule);
        Assert.That(fault.Cause, Does.StartWith(cause));
        Assert.That(fault.Advice, Does.Contain(advice));
    }

    [TestCase(1005, "the server closed without a code: it does not say why", "log")]
    [TestCase(1010, "the server closed with 1010 MandatoryExtension 'x': it needs an extension", "only a client may send this code")]
    [TestCase(3000, "the server closed with 3000 'x': it requires authentication", "valid")]
    [TestCase(3003, "the server closed with 3003 'x': it does not allow this", "rights")]
    [TestCase(3008, "the server closed with 3008 'x': it waited for too long", "sooner")]
    [TestCase(3001, "the server closed with 3001 'x'", "a library or framework")]
    [TestCase(3999, "the server closed with 3999 'x'", "a library or framework")]
    [TestCase(4000, "the server closed with 4000 'x'", "the application's own")]
    [TestCase(4999, "the server closed with 4999 'x'", "the application's own")]
    public void A_close_code_is_explained_by_its_range(int code, string cause, string advice)
    {
        // A Close without a code has no reason either.
        Fault fault = EndDiagnosis.OfClose((CloseCode)code, code == 1005 ? "" : "x");
        Assert.That(fault.Cause, Does.StartWith(cause));
        Assert.That(fault.Advice, Does.Contain(advice));
    }
}
