using EchoServer.Diagnosis;

namespace EchoServer.Connect.Proxies;

/// <summary>The proxy that the environment names, by the variables that curl and most other clients read.</summary>
internal static class ProxyEnvironment
{
    private const string Accepted = "a proxy ([http://][user:password@]host:port, https://host:port, socks5://host:port, or none)";

    /// <summary>Finds the proxy for a URL.</summary>
    /// <returns>Null for none, and where a variable has a value that cannot be used; then the flaw names it.</returns>
    internal static ProxyChoice? Find(Uri url, Func<string, string?> environment, out string? flaw)
    {
        flaw = null;
        if ((Read(url.Scheme == "wss" ? "https_proxy" : "http_proxy", environment) ?? Read("all_proxy", environment)) is not { } named ||
            ProxyChoice.IsNone(named.Value))
        {
            return null;
        }

        if (Read("no_proxy", environment) is { } exceptions)
        {
            bool isExcepted = ProxyExceptions.Contains(exceptions.Value, url, out string? entry);
            if (isExcepted || entry is not null)
            {
                flaw = isExcepted ? null : $"{exceptions.Variable}: '{ReceivedAnswer.Shown(entry!)}' is not a host, an address or a network, each with or without a port";
                return null;
            }
        }

        int scheme = named.Value.IndexOf("://", StringComparison.Ordinal);
        ProxyChoice? proxy = ProxyChoice.TryParse(scheme < 0 ? $"{ProxyChoice.Http}://{named.Value}" : named.Value);
        bool isOtherSocks = named.Value.StartsWith("socks", StringComparison.OrdinalIgnoreCase) &&
            !named.Value.StartsWith(ProxyChoice.Socks, StringComparison.OrdinalIgnoreCase);
        flaw = proxy is not null ? null
            : $"{named.Variable}: the value (not shown) is not {Accepted}{(isOtherSocks ? "; of SOCKS only version 5 is spoken" : "")}";
        return proxy;
    }

    private static (string Variable, string Value)? Read(string variable, Func<string, string?> environment)
    {
        if (environment(variable) is { Length: > 0 } lower)
        {
            return (variable, lower);
        }

        string capitals = variable.ToUpperInvariant();

        // A web server gives a CGI program the request's header "Proxy" as HTTP_PROXY: any visitor could set it.
        bool isOfVisitor = capitals == "HTTP_PROXY" && environment("GATEWAY_INTERFACE") is not null;
        return !isOfVisitor && environment(capitals) is { Length: > 0 } upper ? (capitals, upper) : null;
    }
}
