using System.Net;
using EchoServer.Diagnosis;

namespace EchoServer.Check.Probes.Opening;

/// <summary>What can be told from the URL alone.</summary>
internal static class UrlProbe
{
    internal static Task<Finding> RunAsync(CheckRun run, CancellationToken stop) => Task.FromResult(Judge(run.Options.TypedUrl, run.Url));

    internal static Finding Judge(string typed, Uri url)
    {
        string shown = UrlText.Shown(url);
        string scheme = typed.Trim().Split("://")[0].ToLowerInvariant();
        string text = scheme == url.Scheme ? shown
            : scheme is "http" or "https" or "ws" or "wss" ? $"{shown} ({scheme}:// is taken as {url.Scheme}://)"
            : $"{shown} (without a scheme, {url.Scheme}:// is meant)";
        Fact fact = new("url", UrlText.Of(url));
        Fault[] odd = [.. Oddities(url)];
        return odd.Length == 0
            ? Finding.Pass(text, fact)
            : Finding.Warn(
                text, new(string.Join("; ", odd.Select(it => it.Cause)), string.Join("; ", odd.Select(it => it.Advice).Distinct())), fact);
    }

    private static IEnumerable<Fault> Oddities(Uri url)
    {
        if (PortFacts.Of(url) is Fault port)
        {
            yield return port;
        }

        if (!url.IsLoopback && IPAddress.TryParse(url.DnsSafeHost, out _))
        {
            yield return new(
                "the URL has an address instead of a host name: Cloud Foundry's router finds an app by its host name, and certificates seldom name addresses",
                "use the app's route as the host, as 'cf app NAME' shows it");
        }

        if (url.Host.Contains('_', StringComparison.Ordinal))
        {
            yield return new(
                "the host name has an underscore, which host names must not have (RFC 952): some clients and certificate checks refuse it",
                "map a route with a hyphen instead");
        }
    }
}
