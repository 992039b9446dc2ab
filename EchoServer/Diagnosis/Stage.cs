namespace EchoServer.Diagnosis;

/// <summary>The step during which a time-out passed or a connection broke, in their order: up to <see cref="Proxy"/> a proxy is at the other end.</summary>
internal enum Stage
{
    /// <summary>The addresses of the host.</summary>
    Resolve,

    /// <summary>A TCP connection.</summary>
    Connect,

    /// <summary>A proxy's answer to the request for a tunnel.</summary>
    Proxy,

    /// <summary>The TLS handshake.</summary>
    Tls,

    /// <summary>The answer to the upgrade request, or to a plain GET.</summary>
    Answer,

    /// <summary>An echo.</summary>
    Echo,

    /// <summary>The server's Close.</summary>
    Close,
}
