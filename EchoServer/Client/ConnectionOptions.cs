using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace EchoServer.Client;

/// <summary>One header field of the handshake request, checked.</summary>
internal readonly record struct HeaderField(string Name, string Value);

/// <summary>A user and a password (RFC 7617). Nothing shows them.</summary>
internal sealed class BasicCredentials(string user, string password)
{
    /// <summary>The value of <c>Authorization</c>.</summary>
    internal string HeaderValue { get; } = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));

    /// <inheritdoc/>
    public override string ToString() => "(not shown)";
}

/// <summary>Which proxy a connection goes through.</summary>
/// <remarks>The runtime's <see cref="WebProxy"/> also has a list of exceptions, for which it would bring 1 MB of regular expressions along.</remarks>
/// <param name="url">Where it is, without user and password; null for none at all, not even the environment's.</param>
/// <param name="user">Who asks, where the proxy wants to know; null for nobody.</param>
internal sealed class ProxyChoice(Uri? url, NetworkCredential? user) : IWebProxy
{
    /// <summary>Where it is; null for none at all.</summary>
    internal Uri? Url => url;

    /// <inheritdoc/>
    public ICredentials? Credentials { get; set; } = user;

    /// <inheritdoc/>
    public Uri? GetProxy(Uri destination) => url;

    /// <inheritdoc/>
    public bool IsBypassed(Uri host) => url is null;

    /// <inheritdoc/>
    public override string ToString() => url?.AbsoluteUri ?? "none";
}

/// <summary>Everything that is needed to open one connection.</summary>
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

    /// <summary>Who asks; null for nobody in particular.</summary>
    internal BasicCredentials? BasicAuth { get; init; }

    /// <summary>Whether any certificate will do.</summary>
    internal bool IsInsecure { get; init; }

    /// <summary>The only authorities that are trusted; null for those of the system.</summary>
    internal X509Certificate2Collection? Authorities { get; init; }

    /// <summary>The certificate that the client shows, with its private key, and those between it and an authority behind it; null for none.</summary>
    internal X509Certificate2Collection? ClientCertificate { get; init; }

    /// <summary>The proxy; null for what the environment says (<c>HTTP_PROXY</c>, <c>HTTPS_PROXY</c>, <c>ALL_PROXY</c>, <c>NO_PROXY</c>).</summary>
    internal ProxyChoice? Proxy { get; init; }

    /// <summary>How long a connection may take to open, name look-up to the 101.</summary>
    internal TimeSpan Timeout { get; init; } = DefaultTimeout;

    /// <summary>Which instance of the app is asked for, as <c>GUID:INDEX</c>; null for any.</summary>
    internal string? Instance { get; init; }
}
