namespace EchoServer.Tests.Commands;

/// <summary>What <c>dotnet-suggest</c> asks the program when the Tab key is pressed: <c>[suggest:position] "command line"</c>.</summary>
internal sealed class CompletionTests
{
    [TestCase("", "serve", "client", "ping", "load", "check", "--port", "--log-level")]
    [TestCase("cli", "client")]
    [TestCase("--log-fo", "--log-format")]
    [TestCase("serve --log-fo", "--log-format")]
    [TestCase("serve --log-format ", "json", "text")]
    [TestCase("--log-format ", "json", "text")]
    [TestCase("serve --log-level ", "trace", "debug", "information", "warning", "error", "critical", "none")]
    [TestCase("serve --compression ", "on", "off")]
    [TestCase("serve --metrics ", "on", "off")]
    [TestCase("client ws://localhost --rec", "--reconnect")]
    [TestCase("ping ws://localhost --int", "--interval")]
    [TestCase("load ws://localhost --in-", "--in-flight")]
    [TestCase("check ws://localhost --stri", "--strict")]
    public async Task It_lists_commands_options_and_values(string typed, params string[] expected)
    {
        ProgramResult result = await Programs.RunAsync(Programs.EchoServer([$"[suggest:{typed.Length}]", typed]));
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        Assert.That(result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), Is.SupersetOf(expected));
    }

    [TestCase("serve --log-format ", "json", "text")]
    [TestCase("cli", "client")]
    public async Task It_lists_nothing_else_where_only_these_fit(string typed, params string[] expected)
    {
        ProgramResult result = await Programs.RunAsync(Programs.EchoServer([$"[suggest:{typed.Length}]", typed]));
        Assert.That(result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), Is.EquivalentTo(expected));
    }
}
