namespace EchoServer.Diagnosis;

/// <summary>What Cloud Foundry's router means when it answers itself, which it says in <c>X-Cf-RouterError</c>.</summary>
/// <remarks>Its words are in gorouter's <c>handlers</c> and <c>proxy/round_tripper/error_handler.go</c>.</remarks>
internal static class RouterDiagnosis
{
    /// <summary>The header field.</summary>
    internal const string ErrorField = "X-Cf-RouterError";

    // The statuses that are the platform's own (gorouter, proxy/round_tripper).
    private const int TlsHandshakeFailed = 525;
    private const int InvalidCertificate = 526;
    private const int CertificateRequired = 496;

    /// <summary>Says why.</summary>
    /// <returns>Null when the router did not answer itself.</returns>
    internal static Fault? Of(ReceivedAnswer answer, Uri url)
    {
        // Others answer with these statuses as well, but without the header.
        if (answer.Field(ErrorField) is not string error)
        {
            return null;
        }

        if (OfPlatformTls(answer.Status) is Fault platform)
        {
            return platform;
        }

        string host = ReceivedAnswer.Shown(url.Host);
        return error.Trim().ToUpperInvariant() switch
        {
            "UNKNOWN_ROUTE" when answer.Body.Contains("Requested instance", StringComparison.Ordinal) => new(
                "the router knows the route, but not the instance that was asked for",
                "take GUID and index from 'cf app NAME --guid' and 'cf app NAME': the index must be below the number of instances"),
            "UNKNOWN_ROUTE" => new(
                $"the router has no route '{host}': the name is mistyped, the route is not mapped, or the app is stopped",
                "see 'cf routes' and 'cf app NAME'; start the app with 'cf start NAME' or map the route with 'cf map-route'"),
            "NO_ENDPOINTS" => new(
                $"the route '{host}' is there, but no healthy instance of the app is behind it",
                "see 'cf app NAME' and 'cf logs NAME --recent': instances are starting, crashed, or fail their health check"),
            "CONNECTION LIMIT REACHED" => new(
                "every instance has as many connections through this router as the router allows it",
                "scale out with 'cf scale NAME -i N', or have the operator raise the router's backends.max_conns"),
            "EMPTY_HOST" => new("the request had no Host header", "a proxy on the way drops it: mend that proxy, or go around it"),
            "INVALID_CF_APP_INSTANCE_HEADER" => new(
                "the router cannot read the header X-Cf-App-Instance", "write it as GUID:INDEX, with the GUID from 'cf app NAME --guid'"),
            "INVALID_CF_PROCESS_INSTANCE_HEADER" => new(
                "the router cannot read the header X-Cf-Process-Instance", "write it as PROCESS_GUID, or PROCESS_GUID:INDEX"),
            "MAX-REQUEST-SIZE-EXCEEDED" => new(
                "the request's headers are larger than the router takes", "send fewer or shorter headers: cookies and tokens are the usual ones"),
            "ROUTE_SERVICE_UNSUPPORTED" => new(
                "the route is bound to a route service, and the router passes no WebSockets through those",
                "give the app a second route without the route service ('cf unbind-route-service', 'cf map-route')"),
            string known when known.StartsWith("ENDPOINT_FAILURE", StringComparison.Ordinal) => OfEndpoint(error, answer),
            _ => new(
                $"the router could not serve the request: {ReceivedAnswer.Shown(error)} ({answer.StatusLine})",
                "see 'cf logs NAME --recent', where lines marked RTR are the router's"),
        };
    }

    /// <summary>The router reached the app but got no valid answer; newer routers add the error in parentheses.</summary>
    private static Fault OfEndpoint(string error, ReceivedAnswer answer)
    {
        string detail = ReceivedAnswer.Shown(error);
        if (error.Contains("refused", StringComparison.OrdinalIgnoreCase))
        {
            return new(
                $"nothing listens on the app's port ({detail})",
                "let the app listen on 0.0.0.0 and the port in $PORT, and see in 'cf app NAME' whether it has just crashed");
        }

        if (error.Contains("EOF", StringComparison.Ordinal) || error.Contains("reset", StringComparison.OrdinalIgnoreCase))
        {
            return new(
                $"the app ended the connection instead of answering ({detail})",
                "see 'cf logs NAME --recent' for a crash while the connection opened; 'cf app NAME' shows restarts");
        }

        if (error.Contains("timeout", StringComparison.OrdinalIgnoreCase) || error.Contains("deadline", StringComparison.OrdinalIgnoreCase))
        {
            return new(
                $"the app did not answer the router in time ({detail})",
                "the app hangs or is overloaded: see 'cf app NAME' for its CPU, and restart it with 'cf restart NAME'");
        }

        return new(
            $"the router reached no app that answers HTTP ({detail}, {answer.StatusLine}): it crashed, listens on another port, or its 101 was not valid",
            "let the app listen on $PORT, and see 'cf logs NAME --recent'");
    }

    private static Fault? OfPlatformTls(int status) => status switch
    {
        TlsHandshakeFailed => new(
            "the router's own TLS to the app's container failed: what answers there speaks no TLS",
            "wait a minute for the router's table to be renewed, then restart the app; if it stays, tell the platform's operator"),
        InvalidCertificate => new(
            "the router does not trust the certificate of the app's container",
            "wait a minute for the router's table to be renewed, then restart the app; if it stays, tell the platform's operator"),
        CertificateRequired => new(
            "the app's container does not accept the client certificate that the router itself shows in the platform's own TLS",
            "wait a minute for the router's table to be renewed, then restart the app; if it stays, tell the platform's operator"),
        _ => null,
    };
}
