namespace EchoServer.Http;

/// <summary>The status codes that this server answers with (RFC 9110 §15).</summary>
internal enum HttpStatus
{
    /// <summary>200 (RFC 9110 §15.3.1): here it is.</summary>
    Ok = 200,

    /// <summary>304 (RFC 9110 §15.4.5): the client has it already.</summary>
    NotModified = 304,

    /// <summary>400 (RFC 9110 §15.5.1): the request is malformed.</summary>
    BadRequest = 400,

    /// <summary>403 (RFC 9110 §15.5.4): the page's origin is not one that may connect.</summary>
    Forbidden = 403,

    /// <summary>404 (RFC 9110 §15.5.5): nothing is at that path.</summary>
    NotFound = 404,

    /// <summary>405 (RFC 9110 §15.5.6): the method is not one that this server takes.</summary>
    MethodNotAllowed = 405,

    /// <summary>408 (RFC 9110 §15.5.9): the request head did not come in time.</summary>
    RequestTimeout = 408,

    /// <summary>426 (RFC 9110 §15.5.22): the client has to ask for WebSocket, or for another version of it.</summary>
    UpgradeRequired = 426,

    /// <summary>431 (RFC 6585 §5): the request head is too large.</summary>
    RequestHeaderFieldsTooLarge = 431,

    /// <summary>503 (RFC 9110 §15.6.4): the server has no room; with <c>Retry-After</c>.</summary>
    ServiceUnavailable = 503,

    /// <summary>505 (RFC 9110 §15.6.6): the request is not HTTP/1.1.</summary>
    HttpVersionNotSupported = 505,
}
