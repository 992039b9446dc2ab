using System.Net;
using EchoServer.Diagnosis;

namespace EchoServer.Check.Probes.Opening;

/// <summary>The addresses of the host.</summary>
internal static class DnsProbe
{
    internal static async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
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
}
