using EchoServer.Diagnosis;

namespace EchoServer.Tests.Diagnosis;

/// <summary>Causes and advice for answers that refuse the upgrade: one row for each router or proxy.</summary>
internal sealed class AnswerDiagnosisTests
{
    private static readonly Uri Wss = new("wss://echo.example.org/chat");
    private static readonly Uri Ws = new("ws://echo.example.org/chat");

    [TestCase(404, "unknown_route", "Requested route ('echo.example.org') does not exist.", "no route 'echo.example.org'", "cf routes")]
    [TestCase(400, "unknown_route", "Requested instance ('7') with guid ('x') does not exist for route ('y')", "not the instance", "cf app NAME")]
    [TestCase(503, "no_endpoints", "Requested route has no available endpoints.", "no healthy instance", "cf logs")]
    [TestCase(503, "Connection Limit Reached", "", "as many connections", "scale")]
    [TestCase(502, "endpoint_failure", "502 Bad Gateway: Registered endpoint failed to handle the request.", "crashed, listens on another port", "$PORT")]
    [TestCase(502, "endpoint_failure (EOF)", "", "ended the connection instead of answering (endpoint_failure (EOF))", "crash")]
    [TestCase(502, "endpoint_failure (read tcp 10.0.0.1:61001: connection reset by peer)", "", "ended the connection", "crash")]
    [TestCase(502, "endpoint_failure (dial tcp 10.0.0.1:61001: connect: connection refused)", "", "nothing listens on the app's port", "0.0.0.0")]
    [TestCase(502, "endpoint_failure (dial tcp 10.0.0.1:61001: i/o timeout)", "", "did not answer the router in time", "hangs")]
    [TestCase(503, "endpoint_failure", "503 Service Unavailable", "reached no app", "$PORT")]
    [TestCase(400, "empty_host", "", "no Host header", "proxy")]
    [TestCase(400, "invalid_cf_app_instance_header", "Invalid X-CF-App-Instance Header", "cannot read the header X-Cf-App-Instance", "GUID:INDEX")]
    [TestCase(400, "invalid_cf_process_instance_header", "", "cannot read the header X-Cf-Process-Instance", "PROCESS_GUID")]
    [TestCase(431, "max-request-size-exceeded", "", "larger than the router takes", "cookies")]
    [TestCase(503, "route_service_unsupported", "Websocket requests are not supported for routes bound to Route Services.", "route service", "unbind")]
    [TestCase(525, "endpoint_failure", "", "own TLS to the app's container", "operator")]
    [TestCase(526, "endpoint_failure", "", "does not trust the certificate of the app's container", "operator")]
    [TestCase(496, "endpoint_failure", "", "the client certificate that the router itself shows", "operator")]
    [TestCase(418, "something_new", "", "something_new (418 Answer)", "RTR")]
    public void What_the_router_says_is_explained(int status, string error, string body, string cause, string advice) =>
        Expect(Of(Wss, status, body, ("x-cf-routererror", error)), cause, advice);

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
    [TestCase(204, "", "204", "path")]
    [TestCase(400, "Bad WebSocket handshake: the header Connection must contain the token 'Upgrade'.", "the handshake arrived broken (it says: Bad WebSocket handshake", "proxy_http_version")]
    [TestCase(401, "", "requires authentication (Basic realm=x)", "--basic-auth")]
    [TestCase(403, "Pages from the origin 'x' may not connect here.", "refuses this client (it says: Pages", "--origin")]
    [TestCase(404, "Cannot GET /chat", "no WebSocket is at the path '/chat' (it says: Cannot GET /chat)", "path")]
    [TestCase(410, "", "no WebSocket is at the path '/chat'", "path")]
    [TestCase(405, "", "does not take a GET", "path")]
    [TestCase(407, "", "the proxy requires authentication", "--proxy")]
    [TestCase(408, "", "did not get the whole request", "proxy")]
    [TestCase(421, "", "not responsible for this host name", "DNS")]
    [TestCase(426, "Upgrade Required", "lost its Upgrade header on the way", "proxy_http_version 1.1")]
    [TestCase(429, "", "limits how often", "wait")]
    [TestCase(431, "", "too large for the server or a proxy", "headers")]
    [TestCase(418, "short and stout", "418 Answer (it says: short and stout)", "logs")]
    [TestCase(500, "", "failed while it answered", "log")]
    [TestCase(501, "", "a proxy without upgrades", "go around")]
    [TestCase(502, "", "could not get an answer from the server behind it", "runs")]
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
    public void Another_version_of_the_protocol_is_named()
    {
        Assert.That(Of(Wss, 426, "", ("Sec-WebSocket-Version", "7, 8")).Cause, Does.Contain("other versions of the protocol than 13: 7, 8"));
        Assert.That(Of(Wss, 426, "", ("Sec-WebSocket-Version", "13")).Cause, Does.Contain("lost its Upgrade header"));
    }

    [TestCase("<html>400 The plain HTTP request was sent to HTTPS port</html>", "this port speaks TLS", "use wss://")]
    [TestCase("Client sent an HTTP request to an HTTPS server.", "this port speaks TLS", "use wss://")]
    [TestCase("", "took the Upgrade header out of plain HTTP", "try wss://")]
    public void A_400_to_plain_ws_is_told_apart_by_its_body(string body, string cause, string advice) =>
        Expect(Of(Ws, 400, body), cause, advice);

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

    private static void Expect(Fault diagnosis, string cause, string advice)
    {
        Assert.That(diagnosis.Cause, Does.Contain(cause));
        Assert.That(diagnosis.Advice, Does.Contain(advice));
    }

    private static Fault Of(Uri url, int status, string body, params (string Name, string Value)[] fields) => AnswerDiagnosis.Of(
        new ReceivedAnswer(status, "Answer", fields.ToDictionary(field => field.Name, field => field.Value, StringComparer.OrdinalIgnoreCase), body), url);
}
