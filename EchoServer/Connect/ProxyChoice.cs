using System.Net;

namespace EchoServer.Connect;

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
