using EchoServer.Diagnosis;

namespace EchoServer.Tests.Diagnosis;

/// <summary>Causes and advice for answers that refuse the upgrade: one row for each router or proxy.</summary>
internal sealed class AnswerDiagnosisTests
{
    private static readonly Uri Wss = new("wss://echo.example.org/chat");
    private static readonly Uri Ws = new("ws://echo.example.org/chat");

    [TestCase(404, "unknown_route", "Requested route ('echo.example.org') does not exist.", "no route 'echo.example.org': no instance of the app runs now (crashed, starting, not ready or stopped), the name is mistyped, or", "see 'cf app NAME' first")]
    [TestCase(400, "unknown_route", "400 Bad Request: Requested instance ('7') with guid ('x') does not exist for route ('y')", "does not know the instance that was asked for, or has no route 'echo.example.org'", "'cf app NAME' for the instances")]
    [TestCase(400, "unknown_route", "", "does not know the instance that was asked for, or has no route 'echo.example.org'", "'cf routes' for the host")]
    [TestCase(503, "no_endpoints", "Requested route has no available endpoints.", "no healthy instance of the app is behind it, or the router has just taken out the last one", "cf logs")]
    [TestCase(503, "Connection Limit Reached", "", "as many requests are under way to every instance as the router allows: the app answers slowly, or many connections open at this moment (open WebSockets do not count)", "scale")]
    [TestCase(502, "endpoint_failure", "502 Bad Gateway: Registered endpoint failed to handle the request.", "crashed, listens on another port", "$PORT")]
    [TestCase(502, "endpoint_failure (EOF)", "", "ended the connection instead of answering, or nothing listens on $PORT behind the platform's sidecar (endpoint_failure (EOF))", "crash")]
    [TestCase(502, "endpoint_failure (EOF (via idempotent request))", "", "or nothing listens on $PORT behind the platform's sidecar", "let the app listen on 0.0.0.0 and $PORT")]
    [TestCase(502, "endpoint_failure (read tcp 10.0.0.1:50000->10.0.0.2:61001: read: connection reset by peer)", "", "crashed while it answered (endpoint_failure (read tcp read: connection reset by peer))", "crash")]
    [TestCase(502, "endpoint_failure (dial tcp 10.0.0.1:61001: connect: connection refused)", "", "nothing listens on the app's port (endpoint_failure (dial tcp connect: connection refused))", "0.0.0.0")]
    [TestCase(502, "endpoint_failure (dial tcp [fd00::1]:61001: connect: connection refused)", "", "nothing listens on the app's port (endpoint_failure (dial tcp connect: connection refused))", "0.0.0.0")]
    [TestCase(502, "endpoint_failure (dial tcp 10.0.0.1:61001: i/o timeout)", "", "did not answer the router's attempt to connect", "wait 30 s")]
    [TestCase(502, "endpoint_failure (dial tcp 10.0.0.1:61001: connect: no route to host)", "", "did not answer the router's attempt to connect", "wait 30 s")]
    [TestCase(502, "endpoint_failure (net/http: TLS handshake timeout)", "", "did not answer the router in time", "hangs")]
    [TestCase(502, "endpoint_failure (context deadline exceeded)", "", "did not answer the router in time", "hangs")]
    [TestCase(502, "endpoint_failure (net/http: HTTP/1.x transport connection broken: malformed HTTP status code \"220\")", "", "what listens on the app's port does not speak HTTP", "HTTP/1.1 without TLS")]
    [TestCase(502, "endpoint_failure (Too many response headers)", "", "more header fields than the router takes", "fewer")]
    [TestCase(499, "endpoint_failure (context canceled)", "", "gave up before the app had answered", "slowly")]
    [TestCase(503, "endpoint_failure", "503 Service Unavailable", "another app's container is now at the address of this one, or the identity certificate of the app's container is out of date", "try again in 20 s")]
    [TestCase(503, "endpoint_failure (tls: failed to verify certificate: x509: certificate is valid for A, not B)", "", "the router's table is stale: another app's container", "try again in 20 s")]
    [TestCase(503, "endpoint_failure (x509: certificate is valid for 3 names, but none matched B)", "", "the router's table is stale", "nothing is wrong with the app")]
    [TestCase(503, "endpoint_failure (x509: certificate is not valid for any names, but wanted to match B)", "", "lacks the name that the router expects there (endpoint_failure (x509: certificate is not valid for any names, but wanted to match B))", "server_cert_domain_san")]
    [TestCase(503, "endpoint_failure (x509: cannot validate certificate for 10.0.0.1 because it doesn't contain any IP SANs)", "", "lacks the name that the router expects there", "server_cert_domain_san")]
    [TestCase(503, "endpoint_failure (x509: certificate relies on legacy Common Name field, use SANs instead)", "", "lacks the name that the router expects there", "operator")]
    [TestCase(503, "endpoint_failure (x509: certificate has expired or is not yet valid: current time 2026-11-29T10:00:00Z is after 2026-11-29T09:00:00Z)", "", "the identity certificate of the app's container has expired, and the router does not accept it", "restart the app")]
    [TestCase(502, "endpoint_failure (tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-11-29T10:00:00Z is before 2026-11-29T11:00:00Z)", "", "is not valid yet by the router's clock", "compare the clocks")]
    [TestCase(503, "endpoint_failure (x509: certificate has expired or is not yet valid: )", "", "has expired or is not valid yet", "restart the app")]
    [TestCase(526, "endpoint_failure (x509: certificate signed by unknown authority)", "", "the router does not know the authority that issued the certificate of the app's container", "nothing is wrong with the app")]
    [TestCase(502, "endpoint_failure (tls: failed to verify certificate: x509: certificate signed by unknown authority (possibly because of \"x509: invalid signature\" while trying to verify candidate authority certificate \"y\"))", "", "does not know the authority", "operator")]
    [TestCase(503, "endpoint_failure (x509: “instance” certificate is not standards compliant)", "", "the router does not accept the certificate of the app's container (endpoint_failure (x509: “instance” certificate is not standards compliant))", "operator")]
    [TestCase(502, "endpoint_failure (x509: certificate specifies an incompatible key usage)", "", "does not accept the certificate of the app's container", "nothing is wrong with the app")]
    [TestCase(502, "endpoint_failure (x509: unhandled critical extension)", "", "does not accept the certificate of the app's container", "operator")]
    [TestCase(502, "endpoint_failure (remote error: tls: unknown certificate authority)", "", "the router's own TLS to the app's container failed (endpoint_failure (remote error: tls: unknown certificate authority))", "operator")]
    [TestCase(502, "endpoint_failure (http: server gave HTTP response to HTTPS client)", "", "the router's own TLS to the app's container failed", "operator")]
    [TestCase(400, "empty_host", "", "no Host header, or one with the client's own address", "use the app's route as the host")]
    [TestCase(400, "invalid_cf_app_instance_header", "Invalid X-CF-App-Instance Header", "cannot read the header X-Cf-App-Instance", "GUID:INDEX, with the GUID from 'cf app NAME --guid', in small letters")]
    [TestCase(400, "invalid_cf_process_instance_header", "", "cannot read the header X-Cf-Process-Instance", "PROCESS_GUID")]
    [TestCase(431, "max-request-size-exceeded", "", "larger than the router takes, or too many", "cookies")]
    [TestCase(503, "route_service_unsupported", "Websocket requests are not supported for routes bound to Route Services.", "passes no WebSockets", "unbind")]
    [TestCase(502, "route_service_unsupported", "Support for route services is disabled.", "route services turned off", "unbind")]
    [TestCase(502, "unknown_failure", "", "the router itself failed", "operator")]
    [TestCase(525, "endpoint_failure", "", "own TLS to the app's container", "operator")]
    [TestCase(526, "endpoint_failure", "", "does not trust the certificate of the app's container", "operator")]
    [TestCase(496, "endpoint_failure", "", "the client certificate that the router itself shows", "operator")]
    [TestCase(504, "expired_route_service_signature", "", "expired_route_service_signature (504 Answer)", "RTR")]
    [TestCase(418, "something_new", "", "something_new (418 Answer)", "RTR")]
    public void What_the_router_says_is_explained(int status, string error, string body, string cause, string advice) =>
        Expect(Of(Wss, status, body, ("x-cf-routererror", error)), cause, advice);

    [Test]
    public void What_is_not_an_error_of_the_router_leaves_the_answer_to_the_app() => Expect(
        Of(Wss, 404, "Cannot GET /chat", (RouterDiagnosis.ErrorField, "deprecated-semicolon-params")), "no WebSocket is at the path '/chat'", "path");

    [Test]
    public void A_502_that_says_nothing_at_all_can_be_the_routers()
    {
        Expect(Of(Wss, 502, "", ("Date", "x"), ("Content-Length", "0")), "if it is Cloud Foundry's router, the app's 101 is not valid; any other proxy got no answer", "'Upgrade: websocket' and 'Connection: Upgrade'");
        Assert.That(AnswerDiagnosis.OfPage(new ReceivedAnswer(502, "x", new Dictionary<string, string>()), Wss), Is.EqualTo(Of(Wss, 502, "")));
        Expect(Of(Wss, 502, "Bad Gateway"), "a proxy in front could not get an answer", "runs");
        Expect(Of(Wss, 502, "", ("Server", "nginx")), "it was not Cloud Foundry's router that said so", "runs");
    }

    [TestCase("https://tenant.authentication.example.org/oauth/authorize?client_id=x", "a login", "websockets")]
    [TestCase("/login", "a login", "approuter")]
    [TestCase("/login.html?back=/chat", "a login", "approuter")]
    [TestCase("https://sso.example.org/", "a login", "approuter")]
    [TestCase("https://accounts.example.org/o/oauth2/v2/auth", "a login", "approuter")]
    [TestCase("https://lessons.example.org/processor?sso=1", "another place", "right host")]
    [TestCase("/chat/", "redirected to /chat/", "use the redirect's target")]
    [TestCase("https://other.example.org/", "another place", "right host")]
    [TestCase(null, "redirect to nowhere", "right host")]
    public void A_redirect_is_told_by_its_target(string? location, string cause, string advice) =>
        Expect(Of(Wss, 302, "", location is null ? [] : [("Location", location)]), cause, advice);

    [Test]
    public void A_redirect_from_http_to_https_says_to_use_wss()
    {
        Fault diagnosis = Of(Ws, 301, "", ("Location", "https://echo.example.org/chat"));
        Assert.That(diagnosis.Cause, Does.Contain("redirected to TLS"));
        Assert.That(diagnosis.Advice, Is.EqualTo("use wss:// instead of ws://"));
    }

    [TestCase("ws://lessons.example.org/", "https://lessons.example.org/", "redirected to TLS", "use wss://")]
    [TestCase("ws://login.example.org/", "https://login.example.org/", "redirected to TLS", "use wss://")]
    [TestCase("ws://shop.example.org/", "https://shop.example.org/login", "redirected to TLS", "use wss://")]
    [TestCase("ws://login.example.org/chat", "/chat/", "the path is redirected", "target")]
    [TestCase("wss://shop.example.org/sso", "/sso/", "the path is redirected", "target")]
    public void A_word_for_logins_counts_only_where_it_is_new_and_whole(string url, string location, string cause, string advice) =>
        Expect(Of(new Uri(url), 301, "", ("Location", location)), cause, advice);

    [TestCase(200, "<html><head><title>Shop</title></head>", "with a page instead of a WebSocket (it says: Shop)", "path")]
    [TestCase(200, "<!doctype html><title>EchoServer</title>", "the EchoServer answered with its page", "Upgrade, Connection")]
    [TestCase(204, "", "something answered 204 Answer instead of a WebSocket: another app", "path")]
    [TestCase(304, "", "the upgrade was answered with 304 Answer, as by a cache", "caches")]
    [TestCase(405, "GET is not allowed", "does not take a GET at this path (it says: GET is not allowed), and", "path")]
    [TestCase(408, "slow down there", "in time (it says: slow down there)", "proxy")]
    [TestCase(421, "wrong house", "this host name (it says: wrong house)", "DNS")]
    [TestCase(429, "Quota exceeded", "limits how often one may connect (it says: Quota exceeded) (Retry-After: 7)", "wait")]
    [TestCase(431, "a cookie of 9 KB", "or a proxy (it says: a cookie of 9 KB)", "headers")]
    [TestCase(501, "no upgrades", "(it says: no upgrades): a proxy without upgrades", "go around")]
    [TestCase(505, "HTTP/2 only", "there is no upgrade (it says: HTTP/2 only)", "HTTP/1.1")]
    [TestCase(407, "log in", "(it answered 407 Answer) (it says: log in), or", "--proxy")]
    [TestCase(401, "expired", "(Basic realm=x) (it says: expired)", "--basic-auth")]
    [TestCase(400, "Bad WebSocket handshake: the header Connection must contain the token 'Upgrade'.", "did not arrive at the server (it says: Bad WebSocket handshake", "proxy_http_version")]
    [TestCase(401, "", "requires authentication, or does not accept the credentials that were sent (Basic realm=x)", "--basic-auth")]
    [TestCase(403, "Pages from the origin 'x' may not connect here.", "refuses this client (it says: Pages", "--origin")]
    [TestCase(404, "Cannot GET /chat", "no WebSocket is at the path '/chat' (it says: Cannot GET /chat)", "path")]
    [TestCase(410, "", "no WebSocket is at the path '/chat'", "path")]
    [TestCase(405, "", "does not take a GET", "path")]
    [TestCase(407, "", "a proxy on the way that was not asked for requires authentication (it answered 407 Answer)", "--proxy")]
    [TestCase(408, "", "did not get the whole request", "proxy")]
    [TestCase(421, "", "not responsible for this host name", "DNS")]
    [TestCase(426, "Upgrade Required", "lost its Upgrade header on the way", "proxy_http_version 1.1")]
    [TestCase(429, "", "limits how often", "wait")]
    [TestCase(431, "", "too large for the server or a proxy", "headers")]
    [TestCase(418, "short and stout", "418 Answer (it says: short and stout)", "logs")]
    [TestCase(500, "", "failed while it answered", "log")]
    [TestCase(495, "", "asks for a client certificate", "--cert")]
    [TestCase(501, "", "a proxy without upgrades", "go around")]
    [TestCase(502, "x", "could not get an answer from the server behind it (it says: x)", "runs")]
    [TestCase(503, "", "cannot serve now (Retry-After: 7)", "wait")]
    [TestCase(504, "", "waited in vain", "hangs")]
    [TestCase(505, "", "another version of HTTP than 1.1", "HTTP/1.1")]
    [TestCase(599, "", "599 Answer", "logs")]
    [TestCase(496, "", "a proxy or balancer in front asks for a client certificate", "--cert")]
    [TestCase(525, "", "a proxy in front could not agree on TLS with the server behind it (525 Answer); it was not Cloud Foundry's router", "Cloudflare")]
    [TestCase(526, "", "a proxy in front could not agree on TLS with the server behind it (526 Answer); it was not Cloud Foundry's router", "Cloudflare")]
    public void Any_other_answer_is_explained_by_its_status_and_body(int status, string body, string cause, string advice) =>
        Expect(Of(Wss, status, body, ("WWW-Authenticate", "Basic realm=x"), ("Retry-After", "7")), cause, advice);

    [Test]
    public void A_401_without_Basic_does_not_send_to_basic_auth([Values("Negotiate", "Bearer realm=\"Basic\"", "Digest realm=x, qop=auth")] string challenge) => Expect(
        Of(Wss, 401, "", ("WWW-Authenticate", challenge)), $"({challenge})", "pass what that scheme takes with -H 'Authorization: ...'");

    [Test]
    public void A_remedy_behind_the_fault_is_quoted_too()
    {
        const string words = "this is the PROXY protocol, which this port does not speak: turn it off in the balancer in front (haproxy: send-proxy; nginx and AWS: proxy protocol)";
        Expect(Of(Ws, 400, words), $"(it says: {words})", "mend what it names");
    }

    [TestCase("gzip", false)]
    [TestCase("br", false)]
    [TestCase("identity", true)]
    [TestCase("", true)]
    public void The_bytes_of_a_compressed_body_are_not_quoted(string coding, bool isQuoted) =>
        Assert.That(Of(Ws, 400, "words", ("Content-Encoding", coding)).Cause.Contains("(it says: words)", StringComparison.Ordinal), Is.EqualTo(isQuoted));

    [Test]
    public void A_101_to_a_plain_GET_is_a_fault() => Assert.That(
        AnswerDiagnosis.OfPage(new ReceivedAnswer(101, "Switching Protocols", new Dictionary<string, string>()), Wss)?.Cause,
        Is.EqualTo("a plain GET, which asks for no upgrade, was answered with 101 Switching Protocols"));

    [Test]
    public void Another_version_of_the_protocol_is_named()
    {
        Assert.That(Of(Wss, 426, "", ("Sec-WebSocket-Version", "7, 8")).Cause, Does.Contain("other versions of the protocol than 13: 7, 8"));
        Assert.That(Of(Wss, 400, "", ("Sec-WebSocket-Version", "8")).Cause, Does.Contain("other versions of the protocol than 13: 8"));
        Assert.That(Of(Wss, 426, "", ("Sec-WebSocket-Version", "13")).Cause, Does.Contain("lost its Upgrade header"));
    }

    [TestCase("ws", "h2c", "is not a WebSocket server: it wants an upgrade to h2c", "ask for the host, port and path")]
    [TestCase("ws", "TLS/1.2, HTTP/1.1", "it wants an upgrade to TLS/1.2, HTTP/1.1", "use wss:// instead of ws://")]
    [TestCase("wss", "HTTP/2.0", "it wants an upgrade to HTTP/2.0", "ask for the host, port and path")]
    [TestCase("ws", "WebSocket", "lost its Upgrade header", "proxy_http_version")]
    public void A_426_says_what_it_wants(string scheme, string upgrade, string cause, string advice) =>
        Expect(Of(new Uri($"{scheme}://echo.example.org/chat"), 426, "", ("Upgrade", upgrade)), cause, advice);

    [TestCase("https://bob:secret@other.example/x", "https://...@other.example/x")]
    [TestCase("https://bob:secret@echo.example.org/x", "https://...@echo.example.org/x")]
    [TestCase("//bob:secret@other.example/x", "//...@other.example/x")]
    [TestCase("https://secret@other.example/", "https://...@other.example/")]
    [TestCase("https://bob:se@cret@other.example/", "https://...@other.example/")]
    [TestCase("https://bob:se/cret@other.example/", "https://...@other.example/")]
    [TestCase("https://bob:se cret@other.example/", "https://...@other.example/")]
    [TestCase("https://other.example/?next=https://bob:secret@a.example/", "https://other.example/?next=https://...@a.example/")]
    [TestCase("https://login.example/login?to=https%3A%2F%2Fx", "https://login.example/login?to=https%3A%2F%2Fx")]
    [TestCase("https://other.example/@bob", "https://other.example/@bob")]
    [TestCase("https://other.example:8443/@bob", "https://other.example:8443/@bob")]
    [TestCase("https://[2001:db8::1]:8443/@bob", "https://[2001:db8::1]:8443/@bob")]
    public void User_and_password_in_a_redirect_are_hidden(string location, string shown)
    {
        string cause = Of(Wss, 302, "", ("Location", location)).Cause;
        Assert.That(cause, Does.Contain(shown).And.Not.Contain("secret").And.Not.Contain("cret@"));
        Assert.That(Of(Wss, 404, $"moved to <a href=\"{location}\">there</a>, or to {location}").Cause, Does.Not.Contain("secret").And.Not.Contain("cret@"));
    }

    private static TestCaseData[] BadRequests() =>
    [
        // The port speaks TLS: nginx, Go, Apache, Tomcat.
        Bad("<html>400 The plain HTTP request was sent to HTTPS port</html>", "this port speaks TLS", "use wss://"),
        Bad("Client sent an HTTP request to an HTTPS server.", "this port speaks TLS", "use wss://"),
        Bad("<p>Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />", "this port speaks TLS", "use wss://"),
        Bad("Bad Request\r\nThis combination of host and port requires TLS.\r\n", "this port speaks TLS", "use wss://"),

        // A certificate is wanted: nginx.
        Bad(Page("400 No required SSL certificate was sent", "No required SSL certificate was sent"), "asks for a client certificate, and none was sent or it was not accepted (it says: 400 No required SSL certificate was sent)", "--cert"),
        Bad(Page("400 The SSL certificate error", "The SSL certificate error"), "asks for a client certificate", "--cert"),

        // The server says that Upgrade or Connection did not arrive: gorilla, Tornado and Spring, aiohttp, ws, axum, actix, Phoenix, Cloudflare.
        Bad("websocket: the client is not using the websocket protocol: 'upgrade' token not found in 'Connection' header", "the Upgrade header did not arrive", "try wss://"),
        Bad("Can \"Upgrade\" only to \"WebSocket\".", "the Upgrade header did not arrive at the server (it says: Can \"Upgrade\" only to", "try wss://"),
        Bad("\"Connection\" must be \"Upgrade\".", "the Upgrade header did not arrive", "try wss://"),
        Bad("No WebSocket UPGRADE hdr: None\n Can \"Upgrade\" only to \"WebSocket\".", "the Upgrade header did not arrive", "try wss://"),
        Bad("Invalid Upgrade header", "the Upgrade header did not arrive", "try wss://"),
        Bad("`Upgrade` header did not include 'websocket'", "the Upgrade header did not arrive", "try wss://"),
        Bad("Websocket upgrade is expected", "the Upgrade header did not arrive", "try wss://"),
        Bad("WebSocket upgrade failed: 'connection' header must contain 'upgrade', got [\"close\"]", "the Upgrade header did not arrive", "try wss://"),
        Bad("Expected Upgrade: websocket", "the Upgrade header did not arrive", "try wss://"),

        // Its own words about something else.
        Bad("<HTML><HEAD><TITLE>Bad Request</TITLE></HEAD>\r\n<BODY><h2>Bad Request - Invalid Hostname</h2>\r\n<hr><p>HTTP Error 400. The request hostname is invalid.</p>", "with 400 Answer (it says: Bad Request - Invalid Hostname)", "mend what it names"),
        Bad("Malformed request: the header Host is missing.", "with 400 Answer (it says: Malformed request: the header Host is missing.)", "mend what it names"),
        Bad("{\"code\":0,\"message\":\"Transport unknown\"}", "(it says: {\"code\":0,\"message\":\"Transport unknown\"})", "mend what it names"),
        Bad("Missing or invalid Sec-WebSocket-Key header", "(it says: Missing or invalid Sec-WebSocket-Key header)", "mend what it names"),
        Bad("WebSocket upgrade requires a valid token", "(it says: WebSocket upgrade requires a valid token)", "mend what it names"),
        Bad("Please upgrade your client", "(it says: Please upgrade your client)", "mend what it names"),
        Bad("<html><head><style>a { }</style></head><body class=\"x\"><h1>Error 400: Bad Request</h1><p>Tom &amp; Jerry</p><script>x()</script>", "(it says: Tom & Jerry)", "mend what it names"),

        // Nothing but the status: Node's ws, nginx, a balancer of AWS, Tomcat.
        Bad("Bad Request", "does not say why: most often its WebSocket is at another path than '/chat'", "ask for the path"),
        Bad("", "does not say why: most often its WebSocket is at another path than '/chat'", "ask for the path"),
        Bad(Page("400 Bad Request", "nginx/1.22.1"), "does not say why", "ask for the path"),
        Bad("<html>\r\n<head><title>400 Bad Request</title></head>\r\n<body><center><h1>400 Bad Request</h1></center></body>", "does not say why", "ask for the path"),
        Bad("<!doctype html><html><head><title>HTTP Status 400 – Bad Request</title></head><body><h1>HTTP Status 400 – Bad Request</h1></body></html>", "does not say why", "ask for the path"),
        Bad("{\"error\":\"Bad Request\"}", "does not say why", "ask for the path"),
    ];

    [TestCaseSource(nameof(BadRequests))]
    public void A_400_to_plain_ws_is_told_apart_by_its_own_words(string body, string cause, string advice) =>
        Expect(Of(Ws, 400, body, ("Server", "nginx/1.22.1")), cause, advice);

    [Test]
    public void A_400_by_TLS_does_not_send_to_TLS()
    {
        Expect(Of(Wss, 400, "Client sent an HTTP request to an HTTPS server."), "a proxy on the way speaks plain HTTP to a server behind it that speaks TLS", "let that proxy speak TLS");
        Expect(Of(Wss, 400, "Invalid Upgrade header"), "the Upgrade header did not arrive", "proxy_set_header Upgrade");
    }

    [TestCase(400, "Bad Request")]
    [TestCase(502, "502 Bad Gateway")]
    [TestCase(404, "Error 404 Not Found")]
    [TestCase(426, "Upgrade Required")]
    public void What_the_status_says_already_is_not_quoted(int status, string body) =>
        Assert.That(Of(Wss, status, body, ("Server", "x")).Cause, Does.Not.Contain("it says"));

    [TestCase(200, null)]
    [TestCase(404, null)]
    [TestCase(426, null)]
    [TestCase(500, "failed while it answered")]
    [TestCase(502, "a proxy in front answered 502 and says nothing else")]
    [TestCase(503, "cannot serve now")]
    [TestCase(599, "599 Answer")]
    public void Of_the_answers_to_a_plain_GET_those_from_500_on_are_faults(int status, string? cause)
    {
        var answer = new ReceivedAnswer(status, "Answer", new Dictionary<string, string>());
        Assert.That(AnswerDiagnosis.OfPage(answer, Wss)?.Cause, cause is null ? Is.Null : Does.Contain(cause));
    }

    [Test]
    public void What_is_quoted_cannot_drive_the_terminal()
    {
        string hostile = "\u001b]0;title\u0007";
        Assert.Multiple(() =>
        {
            Assert.That(Of(Wss, 404, hostile).Cause, Does.Not.Contain("\u001b"));
            Assert.That(Of(Wss, 502, "", (RouterDiagnosis.ErrorField, "endpoint_failure " + hostile)).Cause, Does.Not.Contain("\u001b"));
            Assert.That(Of(Wss, 302, "", ("Location", "https://x/" + hostile)).Cause, Does.Not.Contain("\u001b"));
            Assert.That(Of(Wss, 404, new string('x', 100_000)).Cause, Has.Length.LessThan(400));
        });
    }

    [Test]
    public void Every_cause_and_advice_is_one_sentence_part()
    {
        for (int status = 200; status < 600; status++)
        {
            Fault diagnosis = Of(Wss, status, "");
            Assert.That(diagnosis.Cause, Is.Not.Empty.And.Not.EndsWith(".").And.Not.Contains("\n"));
            Assert.That(diagnosis.Advice, Is.Not.Empty.And.Not.EndsWith("."));
        }
    }

    private static TestCaseData Bad(string body, string cause, string advice) => new(body, cause, advice);

    /// <summary>What nginx makes of an error.</summary>
    private static string Page(string title, string last) =>
        $"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n<hr><center>{last}</center>\r\n</body>\r\n</html>\r\n";

    private static void Expect(Fault diagnosis, string cause, string advice)
    {
        Assert.That(diagnosis.Cause, Does.Contain(cause));
        Assert.That(diagnosis.Advice, Does.Contain(advice));
    }

    private static Fault Of(Uri url, int status, string body, params (string Name, string Value)[] fields) => AnswerDiagnosis.Of(
        new ReceivedAnswer(status, "Answer", fields.ToDictionary(field => field.Name, field => field.Value, StringComparer.OrdinalIgnoreCase), body), url);
}
