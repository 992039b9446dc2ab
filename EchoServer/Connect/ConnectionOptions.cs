using System.Security.Cryptography.X509Certificates;
using EchoServer.Connect.Proxies;

namespace EchoServer.Connect;

/// <summary>The options for opening one connection.</summary>
internal sealed record ConnectionOptions
{
    /// <summary>How long a connection may take to open: a cold start behind a router takes seconds; a person waits no longer than this.</summary>
    internal static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(15);

    /// <summary>Where to: ws or wss, without user, password and fragment.</summary>
    internal required Uri Url { get; init; }

    /// <summary>Header fields to be added to the handshake request, in this order; none of those that the handshake itself is made of.</summary>
    internal IReadOnlyList<HeaderField> Headers { get; init; } = [];

    /// <summary><c>Origin</c> (RFC 6454), as a browser would send it; null for none, as programs do.</summary>
    internal string? Origin { get; init; }

    /// <summary>Subprotocols to offer, the preferred one first (RFC 6455 §1.9).</summary>
    internal IReadOnlyList<string> Subprotocols { get; init; } = [];

    /// <summary>Whether permessage-deflate is offered (RFC 7692), and messages are compressed where it is agreed on.</summary>
    internal bool OffersCompression { get; init; }

    /// <summary>The credentials of the user; null for none.</summary>
    internal BasicCredentials? BasicAuth { get; init; }

    /// <summary>Whether any certificate will do.</summary>
    internal bool IsInsecure { get; init; }

    /// <summary>The only authorities that are trusted; null for those of the system.</summary>
    internal X509Certificate2Collection? Authorities { get; init; }

    /// <summary>The certificate that the client shows, with its private key, and those between it and an authority behind it; null for none.</summary>
    internal X509Certificate2Collection? ClientCertificate { get; init; }

    /// <summary>The proxy; null for none.</summary>
    internal ProxyChoice? Proxy { get; init; }

    /// <summary>How long a connection may take to open, name look-up to the 101.</summary>
    internal TimeSpan Timeout { get; init; } = DefaultTimeout;

    /// <summary>Which instance of the app is asked for, as <c>GUID:INDEX</c>; null for any.</summary>
    internal string? Instance { get; init; }
}

/// <summary>One header field of the handshake request, checked.</summary>
internal readonly record struct HeaderField(string Name, string Value);
