using System.Collections;
using EchoServer.Commands;

namespace EchoServer.Tests.Commands;

/// <summary>Variables that are named like the program's own, and that it does not read.</summary>
internal sealed class UnknownVariablesTests
{
    private static readonly string[] Known = ["PORT", "LOG_LEVEL", "ECHO_MAX_CONNECTIONS", "ECHO_GREETING", "ECHO_INFO", "ECHO_BASIC_AUTH"];

    [TestCase("ECHO_MAX_CONECTIONS", "ECHO_MAX_CONNECTIONS")]
    [TestCase("ECHO_MAXCONNECTIONS", "ECHO_MAX_CONNECTIONS")]
    [TestCase("ECHO_BASCI_AUTH", "ECHO_BASIC_AUTH")]
    [TestCase("ECHO_LOG_LEVEL", "LOG_LEVEL")]
    [TestCase("ECHO_PORT", "PORT")]
    [TestCase("ECHO_Greeting", "ECHO_GREETING")]
    [TestCase("ECHO_ANYTHING_ELSE", null)]
    [TestCase("ECHO_", null)]
    public void One_is_named_with_the_known_one_that_is_near(string name, string? near) => Assert.That(
        UnknownVariables.Warnings(new Hashtable { [name] = "geheim" }, Known),
        Is.EqualTo(new[] { $"EchoServer: warning: the environment variable {name} has no effect{(near is null ? "" : $"; did you mean {near}?")}" }));

    [TestCase("ECHO_MAX_CONNECTIONS", "5")]
    [TestCase("PORT", "1")]
    [TestCase("SOMETHING", "")]
    [TestCase("ECHO_SERVICE_HOST", "10.0.0.1", Description = "Kubernetes, of a service called echo")]
    [TestCase("ECHO_SERVER_SERVICE_PORT_HTTP", "80")]
    [TestCase("ECHO_PORT", "tcp://10.0.0.1:80")]
    [TestCase("ECHO_PORT_80_TCP_ADDR", "10.0.0.1")]
    public void Others_are_not(string name, string value) =>
        Assert.That(UnknownVariables.Warnings(new Hashtable { [name] = value }, Known), Is.Empty);

    [TestCase("ASPNETCORE_URLS", "http://+:9000", true)]
    [TestCase("ASPNETCORE_URLS", "http://+:18080", true)]
    [TestCase("DOTNET_URLS", "http://+:8080/", false)]
    [TestCase("ASPNETCORE_HTTP_PORTS", "8080", false)]
    [TestCase("ASPNETCORE_HTTP_PORTS", "9000", true)]
    [TestCase("ASPNETCORE_URLS", "", false)]
    [TestCase("ASPNETCORE_ENVIRONMENT", "Development", false)]
    public void One_of_ASP_NET_is_named_when_it_has_another_port(string name, string value, bool isNamed) => Assert.That(
        UnknownVariables.WarnOfAspNet(variable => variable == name ? value : null, 8080),
        Is.EqualTo(isNamed ? $"EchoServer: warning: the environment variable {name} has no effect; PORT or --port names the port" : null));

    [Test]
    public async Task A_server_whose_port_is_given_says_nothing_of_those_of_ASP_NET()
    {
        await using ServerProcess server = await ServerProcess.StartAsync([], new Dictionary<string, string> { ["ASPNETCORE_URLS"] = "http://+:1" });
        Assert.That(await server.StopAsync(), Is.Zero);
        Assert.That(await server.ReadErrorAsync(), Is.Empty);
    }

    [Test]
    public async Task A_command_goes_on_after_the_warning()
    {
        var environment = new Dictionary<string, string> { ["ECHO_MAX_CONECTIONS"] = "5" };
        ProgramResult result = await Programs.RunAsync(
            Programs.EchoServer(["client", SharedServers.Default.Url("/raw").AbsoluteUri, "x", "-q"], environment));
        Assert.That(result, Is.EqualTo(new ProgramResult(
            0, "x\n", "EchoServer: warning: the environment variable ECHO_MAX_CONECTIONS has no effect; did you mean ECHO_MAX_CONNECTIONS?\n")));

        await using ServerProcess server = await ServerProcess.StartAsync([], environment);
        Assert.That(await server.StopAsync(), Is.Zero);
        Assert.That(await server.ReadErrorAsync(), Is.EqualTo(result.Error));
    }
}
