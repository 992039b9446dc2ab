using System.Net;
using System.Net.Sockets;
using EchoServer.Connect;
using EchoServer.Connect.Proxies;
using EchoServer.Diagnosis;

namespace EchoServer.Check.Probes.Opening;

/// <summary>The way to the host: its addresses, a TCP connection to each, and the tunnel through a proxy, where there is one to go through.</summary>
internal static class RouteProbes
{
    internal static async Task<Finding> DnsAsync(CheckRun run, CancellationToken stop)
    {
        IPAddress[] addresses = await run.Dialer.ResolveAsync(stop).ConfigureAwait(false);
        if (IPAddress.TryParse(run.Dialer.Target.Host, out _))
        {
            return Finding.Skip("an address needs no look-up");
        }

        string list = string.Join(", ", addresses.Select(address => address.ToString()));
        string whose = run.Options.Connection.Proxy is null ? "" : $"the proxy {ReceivedAnswer.Shown(run.Dialer.Target.Host)}: ";
        return Finding.Pass(whose + list, new Fact("addresses", addresses.Select(address => address.ToString()).ToArray()));
    }

    internal static async Task<Finding> TcpAsync(CheckRun run, CancellationToken stop)
    {
        IPAddress[] addresses = await run.Dialer.ResolveAsync(stop).ConfigureAwait(false);
        Attempt[] attempts = await Task.WhenAll(addresses.Select(address => TryAsync(run.Dialer, address, stop))).ConfigureAwait(false);
        string port = $"port {run.Dialer.Target.Port}: ";
        string text = port + string.Join(", ", attempts.Select(attempt => attempt.Describe()));
        Fact[] facts =
        [
            new("reached", attempts.Where(attempt => attempt.Failure is null).Select(attempt => attempt.Address.ToString()).ToArray()),
            new("notReached", attempts.Where(attempt => attempt.Failure is not null).Select(attempt => attempt.Address.ToString()).ToArray()),
        ];
        if (Array.Find(attempts, attempt => attempt.Failure is null) is not Attempt first)
        {
            return Finding.Fail(text, attempts[0].Failure!.Fault, facts);
        }

        run.Dialer.Prefer(first.Address);

        // On this machine, often nothing listens on one address of "localhost". To learn that costs no time.
        return Array.Find(attempts, attempt => attempt.Failure is not null) is Attempt failed && !run.Dialer.IsTargetLoopback
            ? Finding.Warn(text, Partly(failed), facts)
            : Finding.Pass(text, facts);
    }

    internal static async Task<Finding> ProxyAsync(CheckRun run, CancellationToken stop)
    {
        if (run.Options.Connection.Proxy is not ProxyChoice proxy)
        {
            return Finding.Skip("no proxy on this side");
        }

        using TcpLink link = await run.Dialer.OpenTunnelAsync(stop).ConfigureAwait(false);
        string shown = UrlText.Of(proxy.Url).TrimEnd('/');
        return Finding.Pass($"{ReceivedAnswer.Shown(shown)} opened a tunnel", new Fact("proxy", shown));
    }

    private static Fault Partly(Attempt failed) => new(
        $"not every address answers, {failed.Address} does not: {failed.Failure!.Fault.Cause}",
        failed.Address.AddressFamily == AddressFamily.InterNetworkV6
            ? "nothing to mend where only this machine's network has no IPv6; otherwise have the address taken out of DNS, as clients that try it first lose time"
            : "have that address mended or taken out of DNS: clients that try it first lose time or fail");

    private static async Task<Attempt> TryAsync(Dialer dialer, IPAddress address, CancellationToken stop)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            (await dialer.ConnectAsync(address, stop).ConfigureAwait(false)).Dispose();
            return new(address, Stopwatch.GetElapsedTime(start), null);
        }
        catch (ConnectionFailedException exception)
        {
            return new(address, Stopwatch.GetElapsedTime(start), exception);
        }
    }

    private sealed record Attempt(IPAddress Address, TimeSpan Elapsed, ConnectionFailedException? Failure)
    {
        internal string Describe() => Failure is null ? $"{Address} in {Times.Show(Elapsed)}" : $"{Address} {Failure.Finding}";
    }
}
