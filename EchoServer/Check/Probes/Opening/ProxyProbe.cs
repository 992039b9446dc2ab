using EchoServer.Connect;
using EchoServer.Connect.Proxies;
using EchoServer.Diagnosis;

namespace EchoServer.Check.Probes.Opening;

/// <summary>The tunnel through a proxy, where there is one to go through.</summary>
internal static class ProxyProbe
{
    internal static Finding? CannotRun(CheckRun run) => run.Options.Connection.Proxy is null ? Finding.Skip("no proxy on this side") : null;

    internal static async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        ProxyChoice proxy = run.Options.Connection.Proxy!;
        using TcpLink link = await run.Dialer.OpenTunnelAsync(stop).ConfigureAwait(false);
        string shown = UrlText.Of(proxy.Url).TrimEnd('/');
        return Finding.Pass($"{ReceivedAnswer.Shown(shown)} opened a tunnel", new Fact("proxy", shown));
    }
}
