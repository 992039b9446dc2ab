namespace EchoServer.Http;

/// <summary>The answer to a request that does not become a WebSocket (RFC 9112 §4).</summary>
/// <remarks>
/// Always with <c>Connection: close</c> and <c>Content-Length</c>: Cloud Foundry's router would otherwise send the next request
/// on a connection that the server does not read any more. Pure and without state: safe on any thread.
/// </remarks>
internal static class HttpResponse
{
    // Connections come and go in seconds; a client that comes back sooner only finds the same.
    private const int RetryAfterSeconds = 5;

    private const HttpStatus MultipleChoices = (HttpStatus)300;
    private const HttpStatus Unauthorized = (HttpStatus)401;
    private const HttpStatus ProxyAuthenticationRequired = (HttpStatus)407;
    private const HttpStatus TooManyRequests = (HttpStatus)429;

    /// <summary>Makes the answer to a refused request: the status, and the reason as a plain-text body.</summary>
    /// <remarks>Without the body for a HEAD request, whose answer ends with its head (RFC 9110 §9.3.2).</remarks>
    public static byte[] Write(HttpRejection rejection, DateTimeOffset now, bool withBody = true)
    {
        byte[] body = Encoding.UTF8.GetBytes(rejection.Reason + "\n");
        byte[] head = WriteHead(rejection.Status, now, "text/plain; charset=utf-8", body.Length, ExtraFields(rejection));
        return withBody ? [.. head, .. body] : head;
    }

    /// <summary>Writes the head of an answer.</summary>
    /// <returns>The head with the empty line that ends it.</returns>
    /// <remarks>
    /// "An origin server with a clock" must send the Date (RFC 9110 §6.6.1). Where no body follows, the length is that which a GET would get.
    /// Extra fields are lines with an LF at their ends. They go out as they are: nothing from the network may be in them.
    /// </remarks>
    public static byte[] WriteHead(
        HttpStatus status, DateTimeOffset now, string contentType, int contentLength, string extraFields = "")
    {
        string head = string.Create(
            CultureInfo.InvariantCulture,
            $"""
            HTTP/1.1 {(int)status} {ReasonPhrase(status)}
            Date: {now.UtcDateTime:R}
            Connection: {(status == HttpStatus.UpgradeRequired ? "close, Upgrade" : "close")}
            Content-Type: {contentType}
            Content-Length: {contentLength}
            X-Content-Type-Options: nosniff
            {extraFields}

            """);
        return Encoding.ASCII.GetBytes(head.ReplaceLineEndings("\r\n"));
    }

    /// <summary>The fields that belong to a refusal (each with an LF at its end).</summary>
    public static string ExtraFields(HttpRejection rejection) => rejection.Status switch
    {
        // RFC 9110 §15.5.6: "The origin server MUST generate an Allow header field in a 405 response".
        HttpStatus.MethodNotAllowed => $"Allow: {rejection.Allow}\n",
        // RFC 9110 §15.5.22: a 426 "MUST send an Upgrade header field"; RFC 6455 §4.4: with the versions that are spoken.
        HttpStatus.UpgradeRequired => $"Upgrade: websocket\nSec-WebSocket-Version: {Handshake.Version}\n",
        // RFC 9110 §15.6.4: "The server MAY send a Retry-After header field".
        HttpStatus.ServiceUnavailable or TooManyRequests => $"Retry-After: {RetryAfterSeconds}\n",
        // RFC 9110 §11.6.1, §11.7.1 and §10.2.2: these three come with a field, or mean nothing. Only a scenario answers with them.
        Unauthorized => "WWW-Authenticate: Basic realm=\"EchoServer\"\n",
        ProxyAuthenticationRequired => "Proxy-Authenticate: Basic realm=\"EchoServer\"\n",
        >= MultipleChoices and < HttpStatus.BadRequest => "Location: /\n",
        _ => "",
    };

    /// <summary>The words that belong to a status code (RFC 9110 §15).</summary>
    public static string ReasonPhrase(HttpStatus status) => status switch
    {
        HttpStatus.Ok => "OK",
        HttpStatus.NotModified => "Not Modified",
        HttpStatus.BadRequest => "Bad Request",
        HttpStatus.Forbidden => "Forbidden",
        HttpStatus.NotFound => "Not Found",
        HttpStatus.MethodNotAllowed => "Method Not Allowed",
        HttpStatus.RequestTimeout => "Request Timeout",
        HttpStatus.UpgradeRequired => "Upgrade Required",
        HttpStatus.RequestHeaderFieldsTooLarge => "Request Header Fields Too Large",
        HttpStatus.ServiceUnavailable => "Service Unavailable",
        HttpStatus.HttpVersionNotSupported => "HTTP Version Not Supported",
        // RFC 9112 §4: a client should ignore it.
        _ => "Status " + ((int)status).ToString(CultureInfo.InvariantCulture),
    };
}
