using EchoServer.Diagnosis;

namespace EchoServer.Connect.Proxies;

/// <summary>The proxy that the environment names, by the variables that curl and most other clients read.</summary>
internal static class ProxyEnvironment
{
    private const string Accepted = "a proxy ([http://][user:password@]host:port, https://host:port, socks5://host:port, or none)";

    /// <summary>Finds the proxy for a URL.</summary>
    /// <returns>False when a variable has a value that cannot be used; the flaw names it.</returns>
    internal static bool TryFind(Uri url, Func<string, string?> environment, out ProxyChoice? proxy, out string? flaw)
    {
        proxy = null;
        flaw = null;
        if ((Read(url.Scheme == "wss" ? "https_proxy" : "http_proxy", environment) ?? Read("all_proxy", environment)) is not { } named ||
            ProxyChoice.IsNone(named.Value))
        {
            return true;
        }

        if (Read("no_proxy", environment) is { } exceptions)
        {
            if (!ProxyExceptions.TryMatch(exceptions.Value, url, out bool isExcepted, out string? entry))
            {
                flaw = $"{exceptions.Variable}: '{ReceivedAnswer.Shown(entry!)}' is not a host, an address or a network, each with or without a port";
                return false;
            }

            if (isExcepted)
            {
                return true;
            }
        }

        int scheme = named.Value.IndexOf("://", StringComparison.Ordinal);
        proxy = ProxyChoice.TryParse(scheme < 0 ? $"{ProxyChoice.Http}://{named.Value}" : named.Value);
        if (proxy is null)
        {
            bool isSocks = named.Value.StartsWith("socks", StringComparison.OrdinalIgnoreCase) &&
                !named.Value.StartsWith(ProxyChoice.Socks, StringComparison.OrdinalIgnoreCase);
            flaw = $"{named.Variable}: the value (not shown) is not {Accepted}{(isSocks ? "; of SOCKS only version 5 is spoken" : "")}";
        }

        return proxy is not null;
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
