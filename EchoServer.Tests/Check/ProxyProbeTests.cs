using EchoServer.Tests.Support;

namespace EchoServer.Tests.Check;

/// <summary>What is said of a proxy, and what is not.</summary>
internal sealed class ProxyProbeTests
{
    [TestCase("", "pass  proxy .* http://127.0.0.1:[0-9]+ opened a tunnel", TestName = "{m}(text)")]
    [TestCase("--json", "\"proxy\": \"http://127.0.0.1:[0-9]+\"", TestName = "{m}(JSON)")]
    public async Task The_password_of_the_environments_proxy_is_used_but_not_shown(string option, string shown)
    {
        using var proxy = new ConnectProxy("me:geheim");
        var environment = new Dictionary<string, string> { ["http_proxy"] = $"http://me:geheim@{proxy.Address}" };
        string[] options = option.Length > 0 ? [option] : [];
        ProgramResult result = await Programs.RunAsync(
            Programs.EchoServer(["check", SharedServers.Default.Url("/raw").AbsoluteUri, .. options], environment));
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        Assert.That(result.Output, Does.Match(shown).And.Not.Contain("geheim").And.Not.Contain("me:"));
        Assert.That(proxy.Targets, Is.Not.Empty);
    }
}
