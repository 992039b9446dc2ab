namespace EchoServer.Diagnosis;

/// <summary>What Cloud Foundry's router means when it answers itself, which it says in <c>X-Cf-RouterError</c>.</summary>
/// <remarks>Its words are in gorouter's <c>handlers</c> and <c>proxy/round_tripper/error_handler.go</c>.</remarks>
internal static class RouterDiagnosis
{
    internal const string ErrorField = "X-Cf-RouterError";

    /// <summary>The request fields that ask for an instance.</summary>
    internal const string InstanceField = "X-Cf-App-Instance";
    internal const string ProcessField = "X-Cf-Process-Instance";

    private const string UnknownRoute = "UNKNOWN_ROUTE";
    private const string NoEndpoints = "NO_ENDPOINTS";
    private const string EndpointFailure = "ENDPOINT_FAILURE";
    private const string X509 = "X509:";

    // Older routers add it to the app's own answer, where the URL has a semicolon: it is not an error.
    private const string SemicolonNote = "DEPRECATED-SEMICOLON-PARAMS";

    private const string WaitForTable =
        "wait a minute for the router's table to be renewed, then restart the app; if it stays, tell the platform's operator";

    // The router's statuses. The last three are the platform's own (gorouter, proxy/round_tripper).
    private const int BadRequest = 400;
    private const int BadGateway = 502;
    private const int ServiceUnavailable = 503;
    private const int TlsHandshakeFailed = 525;
    private const int InvalidCertificate = 526;
    private const int CertificateRequired = 496;

    /// <returns>Null when the router did not answer itself.</returns>
    internal static Fault? Of(ReceivedAnswer answer, Uri url)
    {
        // Others answer with these statuses as well, but without the header.
        if (ErrorOf(answer) is not string error)
        {
            return null;
        }

        string host = ReceivedAnswer.Shown(UrlText.Host(url));
        return (error.Contains(X509, StringComparison.Ordinal) ? null : OfPlatformTls(answer.Status)) ?? error switch
        {
            // The router says the same for an instance and for a host that it does not know.
            UnknownRoute when answer.Status == BadRequest || answer.Body.Contains("Requested instance", StringComparison.Ordinal) => new(
                $"the router does not know the instance that was asked for, or has no route '{host}'",
                "see 'cf app NAME' for the instances that run and 'cf routes' for the host; take the GUID from 'cf app NAME --guid'"),
            UnknownRoute => new(
                $"the router has no route '{host}': no instance of the app runs now (crashed, starting, not ready or stopped), the name is mistyped, or the route is not mapped",
                "see 'cf app NAME' first, for whether an instance runs, then 'cf routes'; start the app with 'cf start NAME' or map the route with 'cf map-route'"),
            NoEndpoints => new(
                $"the route '{host}' is there, but no healthy instance of the app is behind it, or the router has just taken out the last one because it could not be reached",
                "see 'cf app NAME' and 'cf logs NAME --recent': instances are starting, crashed, or fail their health check"),
            "CONNECTION LIMIT REACHED" => new(
                "as many requests are under way to every instance as the router allows: the app answers slowly, or many connections open at this moment (open WebSockets do not count)",
                "wait and check again; see 'cf logs NAME --recent' for slow answers, scale out with 'cf scale NAME -i N', or have the operator raise the router's backends.max_conns"),
            "EMPTY_HOST" => new(
                "the router got no Host header, or one with the client's own address, which is not a route",
                "use the app's route as the host, as 'cf app NAME' shows it; where the URL has it, a proxy on the way drops the Host header"),
            "INVALID_CF_APP_INSTANCE_HEADER" => new(
                $"the router cannot read the header {InstanceField}", "write it as GUID:INDEX, with the GUID from 'cf app NAME --guid', in small letters"),
            "INVALID_CF_PROCESS_INSTANCE_HEADER" => new(
                $"the router cannot read the header {ProcessField}", "write it as PROCESS_GUID, or PROCESS_GUID:INDEX, in small letters"),
            "MAX-REQUEST-SIZE-EXCEEDED" => new(
                "the request's headers are larger than the router takes, or too many", "send fewer or shorter headers: cookies and tokens are the usual ones"),
            "ROUTE_SERVICE_UNSUPPORTED" when answer.Status == BadGateway => new(
                "the route is bound to a route service, and this router has route services turned off",
                "unbind the route service ('cf unbind-route-service'), or have the operator turn them on"),
            "ROUTE_SERVICE_UNSUPPORTED" => new(
                "the route is bound to a route service, and the router passes no WebSockets through those",
                "give the app a second route without the route service ('cf unbind-route-service', 'cf map-route')"),
            "UNKNOWN_FAILURE" => new("the router itself failed", "try again; if it stays, tell the platform's operator"),
            _ when error.StartsWith(EndpointFailure, StringComparison.Ordinal) => OfEndpoint(answer),
            _ => new(
                $"the router could not serve the request: {ReceivedAnswer.Shown(answer.Field(ErrorField)!)} ({answer.StatusLine})",
                "see 'cf logs NAME --recent', where lines marked RTR are the router's"),
        };
    }

    /// <summary>Whether the router failed to reach an instance. One behind TLS is then out of its table for about 20 s.</summary>
    internal static bool IsEndpointFailure(ReceivedAnswer answer) => ErrorOf(answer)?.StartsWith(EndpointFailure, StringComparison.Ordinal) == true;

    /// <summary>Whether the router has no instance for the request, or not the one that it asks for.</summary>
    internal static bool IsWithoutInstance(ReceivedAnswer answer) => ErrorOf(answer) is UnknownRoute or NoEndpoints;

    /// <summary>Whether the router knows the route, or the instance that is asked for, and has nothing healthy behind it.</summary>
    internal static bool HasNoEndpoints(ReceivedAnswer answer) => ErrorOf(answer) == NoEndpoints;

    /// <summary>Says what it means that another instance answered than the one that a field asked for.</summary>
    internal static Fault OfOtherInstance(string field) => field == ProcessField
        ? new(
            $"{ProcessField} has no effect: the router is older than 2025 and ignores it, or none is on the way",
            $"ask with --instance GUID:INDEX ({InstanceField}), with the GUID from 'cf app NAME --guid'")
        : new(
            $"{InstanceField} has no effect: no Cloud Foundry router is on the way, or something before it drops the header",
            "check through the app's own route, without the proxies in front of it");

    /// <returns>The router's error in capitals; null when the answer is not its own.</returns>
    private static string? ErrorOf(ReceivedAnswer answer) =>
        answer.Field(ErrorField)?.Trim().ToUpperInvariant() is string error and not SemicolonNote ? error : null;

    /// <summary>The router reached the app but got no valid answer; newer routers add the error in parentheses.</summary>
    private static Fault OfEndpoint(ReceivedAnswer answer)
    {
        string error = WithoutAddresses(answer.Field(ErrorField)!);
        string detail = ReceivedAnswer.Shown(error);
        bool IsAbout(params string[] words) => Array.Exists(words, word => error.Contains(word, StringComparison.OrdinalIgnoreCase));
        return error switch
        {
            _ when IsAbout("x509:") => OfInstanceCertificate(answer.Field(ErrorField)!, detail),

            // Older routers give no error. The only ones with this status are about the certificate of a container.
            _ when answer.Status == ServiceUnavailable => new(
                $"the router's table is stale and another app's container is now at the address of this one, or the identity certificate of the app's container is out of date ({detail})",
                "try again in 20 s, when the table is renewed; if it stays, restart the app with 'cf restart NAME', which gets it a new certificate"),
            _ when IsAbout("refused") => new(
                $"nothing listens on the app's port ({detail})",
                "let the app listen on 0.0.0.0 and the port in $PORT, and see in 'cf app NAME' whether it has just crashed"),
            _ when IsAbout("EOF", "server closed idle connection") => new(
                $"the app ended the connection instead of answering, or nothing listens on $PORT behind the platform's sidecar ({detail})",
                "see 'cf logs NAME --recent' for a crash while the connection opened, and let the app listen on 0.0.0.0 and $PORT; 'cf app NAME' shows restarts"),
            _ when IsAbout("reset", "broken pipe") => new(
                $"the app ended the connection instead of answering: it crashed while it answered ({detail})",
                "see 'cf logs NAME --recent' for a crash while the connection opened; 'cf app NAME' shows restarts"),
            _ when IsAbout("dial") && IsAbout("timeout", "deadline", "no route", "unreachable") => new(
                $"the app's container did not answer the router's attempt to connect ({detail})",
                "wait 30 s and check again; if it stays, restart the app with 'cf restart NAME', and tell the platform's operator"),
            _ when IsAbout("timeout", "deadline") => new(
                $"the app did not answer the router in time ({detail})",
                "the app hangs or is overloaded: see 'cf app NAME' for its CPU, and restart it with 'cf restart NAME'"),
            _ when IsAbout("malformed") => new(
                $"what listens on the app's port does not speak HTTP ({detail})",
                "let the app serve HTTP/1.1 without TLS on $PORT, and see 'cf logs NAME --recent'"),
            _ when IsAbout("tls: ", "HTTP response to HTTPS client") => new(
                $"the router's own TLS to the app's container failed ({detail})", WaitForTable),
            _ when IsAbout("too many response headers") => new(
                $"the app's answer has more header fields than the router takes ({detail})", "let the app send fewer of them"),
            _ when IsAbout("cancel") => new(
                $"the client, or a balancer before the router, gave up before the app had answered ({detail})",
                "see whether the app answers slowly, and whether a balancer in front waits long enough"),
            _ => new(
                $"the router reached no app that answers HTTP ({detail}, {answer.StatusLine}): it crashed, listens on another port, or its 101 was not valid",
                "let the app listen on $PORT, and see 'cf logs NAME --recent'"),
        };
    }

    /// <summary>
    /// The router does not accept the identity certificate of a container, which the platform gives to each instance for a day: errors of
    /// Go's crypto/x509. Only a certificate of another app says that the address is another container's.
    /// </summary>
    private static Fault OfInstanceCertificate(string error, string detail)
    {
        bool IsAbout(params string[] words) => Array.Exists(words, word => error.Contains(word, StringComparison.OrdinalIgnoreCase));
        const string notTheApp = "nothing is wrong with the app";
        const string renewed = $"restart the app with 'cf restart NAME', which gets it a new certificate; if it stays, have the platform's operator compare the clocks of router and cells";
        return error switch
        {
            _ when IsAbout("certificate is valid for") => new(
                $"the router's table is stale: another app's container is now at the address of this one ({detail})",
                $"try again in 20 s, when the table is renewed; {notTheApp}"),
            _ when IsAbout("has expired") => new(
                error switch
                {
                    _ when IsAbout(" is after ") => "the identity certificate of the app's container has expired, and the router does not accept it",
                    _ when IsAbout(" is before ") => "the identity certificate of the app's container is not valid yet by the router's clock",
                    _ => "the identity certificate of the app's container has expired or is not valid yet, and the router does not accept it",
                },
                renewed),
            _ when IsAbout("unknown authority") => new(
                $"the router does not know the authority that issued the certificate of the app's container ({detail})",
                $"have the platform's operator add the authority of the instance identities to those that the router trusts; {notTheApp}"),
            _ when IsAbout("IP SANs", "not valid for any names", "legacy Common Name") => new(
                $"the certificate of the app's container lacks the name that the router expects there ({detail})",
                $"have the platform's operator check how the route is registered (server_cert_domain_san), and whether the certificate is that of an instance identity; {notTheApp}"),
            _ => new(
                $"the router does not accept the certificate of the app's container ({detail})",
                $"have the platform's operator check the instance identity certificates and the authorities that the router trusts; {notTheApp}"),
        };
    }

    /// <summary>Takes the platform's own addresses out: their ports differ from one request to the next.</summary>
    private static string WithoutAddresses(string error) => string.Join(' ', error.Split(' ').Where(word =>
        word.Length == 0 || !(word[0] == '[' || char.IsAsciiDigit(word[0])) || !word.Contains(':', StringComparison.Ordinal)));

    private static Fault? OfPlatformTls(int status) => status switch
    {
        TlsHandshakeFailed => new("the router's own TLS to the app's container failed: what answers there speaks no TLS", WaitForTable),
        InvalidCertificate => new("the router does not trust the certificate of the app's container", WaitForTable),
        CertificateRequired => new(
            "the app's container does not accept the client certificate that the router itself shows in the platform's own TLS", WaitForTable),
        _ => null,
    };
}
