namespace EchoServer.Diagnosis;

/// <summary>Why an upgrade request was answered with something other than 101.</summary>
internal static class AnswerDiagnosis
{
    // Not of any RFC: nginx's 495 and 496, and Cloudflare's 525 and 526. Cloud Foundry's router has the last three in another sense.
    private const int ClientCertificateRefused = 495;
    private const int ClientCertificateWanted = 496;
    private const int TlsHandshakeFailed = 525;
    private const int InvalidCertificate = 526;
    private const int SwitchingProtocols = 101;
    private const int NotModified = 304;
    private const int FirstServerError = 500;
    private const int BadGateway = 502;

    private const string PassUpgradeOn =
        "let every proxy on the way speak HTTP/1.1 and pass on Upgrade and Connection (nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection \"upgrade\";)";

    // nginx, Go, Apache, Tomcat.
    private static readonly string[] PlainToTls =
    [
        "plain HTTP request was sent to HTTPS port", "HTTP request to an HTTPS server", "speaking plain HTTP to an SSL-enabled server port",
        "host and port requires TLS",
    ];

    private static readonly string[] AboutClientCertificate = ["SSL certificate", "client certificate", "client cert ", "client's certificate"];

    // How servers and their libraries say that Upgrade or Connection is not there, quotation marks taken off.
    private static readonly string[] UpgradeIsMissing =
    [
        "upgrade header", "header upgrade", "connection header", "header connection", "upgrade hdr", "upgrade token", "token upgrade",
        "upgrade only to", "connection must be upgrade", "upgrade is expected", "expected upgrade", "missing upgrade", "upgrade required",
        "not a websocket", "expected a websocket", "expected websocket",
    ];

    // These a proxy leaves in an answer, and the router's own 502 for a 101 that is not valid has none of them.
    private static readonly string[] SignsOfOthers = ["Server", "Via", "X-Vcap-Request-Id", "Content-Type"];

    // Whole labels of a host or segments of a path: "sso" is also in "lessons".
    private static readonly string[] LoginWords =
    [
        "login", "logon", "signin", "sign-in", "sign_in", "sso", "auth", "oauth", "oauth2", "authorize", "authorization", "authentication",
        "saml", "saml2", "openid-connect", "idp",
    ];

    /// <summary>Says why an upgrade was refused, from status, router error, redirect target and body.</summary>
    internal static Fault Of(ReceivedAnswer answer, Uri url) =>
        RouterDiagnosis.Of(answer, url) ?? (answer.Status switch
        {
            NotModified => new(
                $"the upgrade was answered with {answer.StatusLine}, as by a cache: one on the way answered in the server's place, or the server has a fault",
                "go around proxies and caches on the way; if it stays, see the server's log"),
            >= 300 and < 400 => OfRedirect(answer, url),
            >= 200 and < 300 => OfSuccess(answer),
            >= FirstServerError => OfServerError(answer, url),
            _ => OfRefusal(answer, url),
        });

    /// <summary>Says why the answer to a plain GET is a failure.</summary>
    /// <returns>Null when a WebSocket may be there all the same.</returns>
    internal static Fault? OfPage(ReceivedAnswer answer, Uri url) =>
        RouterDiagnosis.Of(answer, url) ??
        (answer.Status >= FirstServerError ? OfServerError(answer, url)
            : answer.Status == SwitchingProtocols ? new(
                $"a plain GET, which asks for no upgrade, was answered with {answer.StatusLine}",
                "let the server, or the proxy that answered in its place, upgrade only requests that ask for it in Upgrade (RFC 9110 §7.8)")
            : answer.Field("Location") is string location && IsLogin(location, url) ? OfRedirect(answer, url)
            : null);

    /// <summary>Whether an answer says that the port speaks TLS, and the request was sent without.</summary>
    internal static bool WantsTls(ReceivedAnswer answer) => Has(answer.Body, PlainToTls);

    /// <summary>Whether a redirect goes to where people log in.</summary>
    private static bool IsLogin(string location, Uri url) =>
        Uri.TryCreate(url, location, out Uri? target) && !IsToTls(target, url) &&
        Words(target).Except(Words(url)).Any(word => LoginWords.Contains(word, StringComparer.OrdinalIgnoreCase));

    private static Fault OfRedirect(ReceivedAnswer answer, Uri url)
    {
        string location = answer.Field("Location") ?? "";
        string shown = ReceivedAnswer.Shown(location);
        if (IsLogin(location, url))
        {
            return new(
                $"a login stands in front of the app: the upgrade was redirected to {shown}",
                "send what a logged-in browser sends (-H 'Authorization: ...' or -H 'Cookie: ...'), or check the app's own route behind the login; an SAP approuter also needs \"websockets\": {\"enabled\": true} in xs-app.json");
        }

        if (location.Length > 0 && Uri.TryCreate(url, location, out Uri? target) && target.Host == url.Host)
        {
            return IsToTls(target, url)
                ? new($"plain HTTP is redirected to TLS here ({shown}), and WebSocket clients follow no redirects", "use wss:// instead of ws://")
                : new(
                    $"the path is redirected to {shown}, and WebSocket clients follow no redirects",
                    "use the redirect's target as the URL, with ws for http and wss for https");
        }

        return new(
            location.Length == 0
                ? $"the upgrade was answered with {answer.StatusLine}, a redirect to nowhere"
                : $"the upgrade was redirected to another place, {shown}, and WebSocket clients follow no redirects",
            "ask for the right host and path: something other than the WebSocket server answers at this one");
    }

    private static bool IsToTls(Uri target, Uri url) => url.Scheme == "ws" && target.Scheme is ("https" or "wss") && target.Host == url.Host;

    /// <summary>The labels of the host and the segments of the path, these without what follows a dot.</summary>
    private static IEnumerable<string> Words(Uri url) =>
        url.Host.Split('.').Concat(url.AbsolutePath.Split('/').Select(segment => segment.Split('.')[0]));

    private static Fault OfSuccess(ReceivedAnswer answer) => IsOurs(answer)
        ? new(
            "the EchoServer answered with its page: the upgrade request arrived there without its upgrade and Sec-WebSocket headers",
            "let every proxy on the way pass on Upgrade, Connection and the Sec-WebSocket headers")
        : new(
            $"something answered {answer.StatusLine}{(answer.Body.Length > 0 ? " with a page" : "")} instead of a WebSocket{Saying(answer)}: another app, a wrong path, or a proxy that does not know WebSockets",
            "ask for the path that the WebSocket server listens on, and let proxies on the way pass on Upgrade and Connection");

    private static Fault OfRefusal(ReceivedAnswer answer, Uri url) => answer.Status switch
    {
        400 or 426 when answer.Field("Sec-WebSocket-Version") is string versions && !versions.Contains("13", StringComparison.Ordinal) => new(
            $"the server speaks other versions of the protocol than 13: {ReceivedAnswer.Shown(versions)}", "let the server be updated: 13 is RFC 6455, of 2011"),
        400 or 401 or 403 when Has(answer.Words, AboutClientCertificate) => OfClientCertificate(answer),
        ClientCertificateWanted or ClientCertificateRefused => OfClientCertificate(answer),
        400 => OfBadRequest(answer, url),
        401 => new(
            $"the server requires authentication, or does not accept the credentials that were sent{Challenge(answer)}{Saying(answer)}",
            answer.OffersBasic("WWW-Authenticate")
                ? "pass valid ones: --basic-auth USER:PASSWORD, or -H 'Authorization: Bearer ...'"
                : "pass what that scheme takes with -H 'Authorization: ...': it does not offer Basic, which --basic-auth is for"),
        403 => new(
            $"the server refuses this client{Saying(answer)}: its origin, its address or its rights",
            "pass the --origin that the server allows, or credentials with -H; a firewall for web apps answers 403 as well"),
        404 or 410 => new(
            $"no WebSocket is at the path '{ReceivedAnswer.Shown(url.AbsolutePath)}'{Saying(answer)}; it was not Cloud Foundry's router that said so",
            "ask for the path that the app's WebSocket server listens on"),
        405 => new(
            $"the server does not take a GET at this path{Saying(answer)}, and every WebSocket begins with one", "ask for the path that the app's WebSocket server listens on"),
        407 => new(
            $"a proxy on the way that was not asked for requires authentication (it answered {answer.StatusLine}){Saying(answer)}, or the server answers as one",
            "where this network has a proxy, name it with --proxy http://USER:PASSWORD@HOST:PORT; otherwise see the server's log"),
        408 => new(
            $"the server did not get the whole request in time{Saying(answer)}", "look for a proxy on the way that holds requests back, and check again"),
        421 => new(
            $"the request reached a server that is not responsible for this host name{Saying(answer)}",
            "check the DNS entry of the host name, and a proxy's Host header and TLS server name"),
        426 when answer.Field("Upgrade") is { Length: > 0 } wanted && !Has(wanted, "websocket") => new(
            $"what answers at the path '{ReceivedAnswer.Shown(url.AbsolutePath)}' is not a WebSocket server: it wants an upgrade to {ReceivedAnswer.Shown(wanted)}",
            url.Scheme == "ws" && Has(wanted, "TLS") ? "use wss:// instead of ws://" : "ask for the host, port and path that the WebSocket server listens on"),
        426 => new(
            $"the upgrade request lost its Upgrade header on the way{Saying(answer)}", PassUpgradeOn),
        429 => new($"the server or a gateway in front of it limits how often one may connect{Saying(answer)}{Retry(answer)}", "wait, then check again"),
        431 => new($"the request's headers are too large for the server or a proxy{Saying(answer)}", "send fewer or shorter headers: cookies and tokens are the usual ones"),
        _ => new(
            $"the upgrade was answered with {answer.StatusLine}{Saying(answer)}", "see the logs of the server and of every proxy on the way for this request"),
    };

    /// <summary>A 400 can mean anything. The server's own words count first; without any the path is the likeliest cause.</summary>
    private static Fault OfBadRequest(ReceivedAnswer answer, Uri url) => answer switch
    {
        _ when WantsTls(answer) => url.Scheme == "ws"
            ? TlsDiagnosis.PlainToTls
            : new(
                $"a proxy on the way speaks plain HTTP to a server behind it that speaks TLS{Saying(answer)}",
                "let that proxy speak TLS to the server (nginx: proxy_pass https://...)"),
        _ when Has(string.Concat(answer.Words.Where(character => !"\"'`".Contains(character, StringComparison.Ordinal))), UpgradeIsMissing) => url.Scheme == "ws"
            ? new(
                $"the Upgrade header did not arrive at the server{Saying(answer)}: most often a balancer or proxy takes it out of plain HTTP",
                "try wss://, which they cannot look into before the router; otherwise let the proxy pass on Upgrade and Connection")
            : new($"the Upgrade header did not arrive at the server{Saying(answer)}: most often a proxy takes it out", PassUpgradeOn),
        { FirstWords.Length: > 0 } => new(
            $"the server refused the handshake with {answer.StatusLine}{Saying(answer)}",
            "mend what it names; where the request is right as it is sent, a proxy on the way alters it: check again without the proxies"),
        _ => new(
            $"the server refused the handshake with {answer.StatusLine} and does not say why: most often its WebSocket is at another path than '{ReceivedAnswer.Shown(url.AbsolutePath)}'",
            "ask for the path that the WebSocket server listens on; where it is the right one, see the server's log, and check again without the proxies on the way"),
    };

    private static Fault OfClientCertificate(ReceivedAnswer answer) => new(
        $"a proxy or balancer in front asks for a client certificate, and none was sent or it was not accepted{Saying(answer)}",
        "pass one that it trusts with --cert and --key");

    private static Fault OfServerError(ReceivedAnswer answer, Uri url) => answer.Status switch
    {
        500 => new($"the server failed while it answered{Saying(answer)}", "see the app's log ('cf logs NAME --recent')"),
        501 => new($"something on the way does not implement the request{Saying(answer)}: a proxy without upgrades", "go around it, or let it pass on Upgrade and Connection"),
        BadGateway when IsBare(answer) => new(
            "a proxy in front answered 502 and says nothing else: if it is Cloud Foundry's router, the app's 101 is not valid; any other proxy got no answer from the server behind it",
            "let the app's 101 have 'Upgrade: websocket' and 'Connection: Upgrade', and check the app without the router ('cf ssh NAME -L 8080:localhost:8080'); without Cloud Foundry see whether the server runs, and where the proxy looks for it"),
        BadGateway => new(
            $"a proxy in front could not get an answer from the server behind it{Saying(answer)}; it was not Cloud Foundry's router that said so",
            "see whether the server runs, and where the proxy looks for it"),
        503 => new(
            $"the server says that it cannot serve now{Saying(answer)}{Retry(answer)}: it is full, it stops, or a balancer in front has no server left",
            "wait and check again; if it stays, see the app's log and scale out"),
        504 => new(
            $"a proxy in front waited in vain for the server behind it{Saying(answer)}",
            "see whether the server hangs; a proxy that knows no WebSockets also waits for an answer that ends"),
        505 => new(
            $"the request arrived as another version of HTTP than 1.1, in which there is no upgrade{Saying(answer)}", PassUpgradeOn),
        TlsHandshakeFailed or InvalidCertificate => new(
            $"a proxy in front could not agree on TLS with the server behind it ({answer.StatusLine}); it was not Cloud Foundry's router that said so",
            "check the certificate of the server behind that proxy, and that proxy's TLS settings (these statuses are Cloudflare's)"),
        _ => new(
            $"the request for {ReceivedAnswer.Shown(url.AbsolutePath)} was answered with {answer.StatusLine}{Saying(answer)}",
            "see the logs of the server and of every proxy on the way for this request"),
    };

    /// <summary>Whether an answer is nothing but its status, as the router's own 502 for a 101 that is not valid.</summary>
    private static bool IsBare(ReceivedAnswer answer) => answer.Body.Length == 0 && !SignsOfOthers.Any(answer.Fields.ContainsKey);

    private static bool IsOurs(ReceivedAnswer answer) => answer.Body.Contains("<title>EchoServer</title>", StringComparison.Ordinal);

    private static bool Has(string text, params string[] parts) =>
        Array.Exists(parts, part => text.Contains(part, StringComparison.OrdinalIgnoreCase));

    private static string Saying(ReceivedAnswer answer) => answer.FirstWords is { Length: > 0 } words ? $" (it says: {words})" : "";

    private static string Challenge(ReceivedAnswer answer) =>
        answer.Field("WWW-Authenticate") is string challenge ? $" ({ReceivedAnswer.Shown(challenge)})" : "";

    private static string Retry(ReceivedAnswer answer) =>
        answer.Field("Retry-After") is string after ? $" (Retry-After: {ReceivedAnswer.Shown(after)})" : "";
}
