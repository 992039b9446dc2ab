using System.IO.Enumeration;
using System.Net;

namespace EchoServer.Connect.Proxies;

/// <summary>The hosts that are reached without a proxy: <c>NO_PROXY</c>, as curl reads it, and with ports.</summary>
/// <remarks>
/// Entries are separated by commas, semicolons or white space. <c>*</c> is every host; a name is a host and all below its domain, with or
/// without a dot before it; an address is itself, and <c>10.0.0.0/8</c> a network; in any other place a <c>*</c> stands for any characters, as
/// on Windows. With <c>:port</c> behind it an entry is for this port only.
/// </remarks>
internal static class ProxyExceptions
{
    /// <summary>Looks for a host in a list.</summary>
    /// <returns>Whether it is there. Behind an entry that is malformed, which is the flaw, nothing is looked for.</returns>
    internal static bool Contains(string list, Uri url, out string? flaw)
    {
        flaw = null;
        foreach (string entry in list.Split([',', ';', ' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            bool? matches = Matches(entry, url);
            if (matches != false)
            {
                flaw = matches is null ? entry : null;
                return matches == true;
            }
        }

        return false;
    }

    /// <returns>Null when the entry means nothing.</returns>
    private static bool? Matches(string entry, Uri url)
    {
        if (entry == "*")
        {
            return true;
        }

        if (!TrySplitPort(entry, out string host, out int? port) || host.Length == 0)
        {
            return null;
        }

        bool isPort = port is null || port == url.Port;
        IPAddress? address = url.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6 ? IPAddress.Parse(url.IdnHost) : null;
        int slash = host.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0)
        {
            return TryParseAddress(host[..slash], out _) && IPNetwork.TryParse(host, out IPNetwork network)
                ? isPort && address?.AddressFamily == network.BaseAddress.AddressFamily && network.Contains(address)
                : null;
        }

        if (!CanBeHost(host))
        {
            return null;
        }

        bool isHost = WithoutWildcard(host).Contains('*', StringComparison.Ordinal)
            ? FileSystemName.MatchesSimpleExpression(host, url.IdnHost)
            : address is null
                ? IsInDomain(url.IdnHost, host) || IsInDomain(url.Host, host)
                : TryParseAddress(host, out IPAddress same) && address.GetAddressBytes().AsSpan().SequenceEqual(same.GetAddressBytes());
        return isPort && isHost;
    }

    /// <summary>Whether any host is like that. A name of digits alone is an address that was cut short.</summary>
    private static bool CanBeHost(string host) =>
        host.Contains(':', StringComparison.Ordinal) || host.All(character => char.IsAsciiDigit(character) || character == '.')
            ? TryParseAddress(host, out _)
            : host.Any(character => character is not ('.' or '*')) &&
                host.All(character => !char.IsAscii(character) || char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.' or '*');

    /// <summary>Reads an address. The runtime also reads "10.1" (10.0.0.1) and "010.0.0.1" (8.0.0.1), which is never meant.</summary>
    private static bool TryParseAddress(string text, out IPAddress address) =>
        IPAddress.TryParse(text, out address!) && (text.Contains(':', StringComparison.Ordinal) || text == address.ToString());

    /// <summary>An IPv6 address has brackets, or no port.</summary>
    private static bool TrySplitPort(string entry, out string host, out int? port)
    {
        port = null;
        host = entry;
        int end = entry.StartsWith('[') ? entry.IndexOf(']', StringComparison.Ordinal) : -1;
        int colon = entry.IndexOf(':', Math.Max(end, 0));
        if (end < 0 && colon != entry.LastIndexOf(':'))
        {
            return true;
        }

        host = end > 0 ? entry[1..end] : colon >= 0 ? entry[..colon] : entry;
        if (colon < 0)
        {
            // A network in brackets: [fd00::]/8.
            host += end > 0 ? entry[(end + 1)..] : "";
            return true;
        }

        bool isNumber = ushort.TryParse(entry[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out ushort number);
        port = number;
        return isNumber;
    }

    private static bool IsInDomain(string host, string domain)
    {
        host = host.TrimEnd('.');
        domain = WithoutWildcard(domain.TrimEnd('.')).TrimStart('.');
        return domain.Length > 0 && host.EndsWith(domain, StringComparison.OrdinalIgnoreCase) &&
            (host.Length == domain.Length || host[^(domain.Length + 1)] == '.');
    }

    private static string WithoutWildcard(string domain) => domain.StartsWith("*.", StringComparison.Ordinal) ? domain[2..] : domain;
}
