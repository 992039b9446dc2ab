namespace EchoServer.Http;

/// <summary>Which header fields carry what only their sender may know.</summary>
internal static class SensitiveFields
{
    // Parts of names, in any case: the names that clients and proxies invent usually contain one of them.
    private static readonly string[] Parts =
    [
        "auth", "cookie", "token", "secret", "pass", "pwd", "credential", "session", "signature", "hmac", "jwt", "csrf", "xsrf", "key",
        "client-cert",
    ];

    // A whole word of a name: "signal" is none.
    private const string Signature = "sig";

    // A key only by name: a nonce that is sent in the clear and opens nothing (RFC 6455 §1.3).
    private const string HandshakeNonce = "Sec-WebSocket-Key";

    /// <summary>Whether the value of a field must not be shown.</summary>
    /// <param name="name">The field's name, in any case.</param>
    internal static bool Contains(string name) =>
        !name.Equals(HandshakeNonce, StringComparison.OrdinalIgnoreCase) &&
        (Array.Exists(Parts, part => name.Contains(part, StringComparison.OrdinalIgnoreCase)) ||
            name.Split('-', '_', '.').Contains(Signature, StringComparer.OrdinalIgnoreCase));
}
