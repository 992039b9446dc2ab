using EchoServer.Tests.Check;

namespace EchoServer.Tests.Client;

/// <summary>A machine whose kernel has no IPv6: names lead to IPv4 addresses, and an IPv6 address is one line.</summary>
[Parallelizable(ParallelScope.Children)]
internal sealed class WithoutIPv6Tests
{
    [TestCase("client", "x", "-q")]
    [TestCase("ping", "-c", "1")]
    [TestCase("check")]
    [TestCase("check", "--quick")]
    [TestCase("load", "--duration", "0.1", "--connections", "1")]
    public async Task A_name_leads_to_the_IPv4_address(string command, params string[] options)
    {
        using ScriptedServer server = EchoScripts.Server((_, _, message) => EchoScripts.Good(message));
        ProgramResult result = await RunAsync(command, $"ws://localhost:{server.Url.Port}/", options);
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")), result.Output);
    }

    [TestCase("client", "x")]
    [TestCase("ping")]
    [TestCase("check", "--quick")]
    [TestCase("load")]
    public async Task An_IPv6_address_is_one_line(string command, params string[] options)
    {
        int port = FreePort.Find();
        Assert.That(await RunAsync(command, $"ws://[::1]:{port}/", options), Is.EqualTo(new ProgramResult(
            1, "", $"EchoServer: ws://[::1]:{port}/: this machine cannot use the address [::1]; check whether IPv6 is on on this machine\n")));
    }

    [Test]
    public async Task So_is_that_of_a_proxy([Values("http", "socks5")] string scheme)
    {
        ProgramResult result = await RunAsync("client", "ws://server.example/", "x", "--proxy", $"{scheme}://[::1]:{FreePort.Find()}");
        Assert.That(result.Error, Is.EqualTo("EchoServer: ws://server.example/: this machine cannot use the address [::1]; check whether IPv6 is on on this machine\n"));
    }

    private static Task<ProgramResult> RunAsync(string command, string url, params string[] options) =>
        KernelWithoutIPv6.RunAsync(Programs.EchoServer([command, url, .. options]));
}
