namespace EchoServer.Tests.Commands;

/// <summary>Options of the client commands of which one would have no effect, or two would say different things.</summary>
internal sealed class ContradictionTests
{
    private const string Instance = "6f5a2a30-0d8e-4f4b-8a53-3a1f4de1d7c1:2";

    private static readonly string[][] Contradictions =
    [
        ["--basic-auth: cannot be combined with --header Authorization", "client", "ws://host", "-H", "authorization: x", "--basic-auth", "me:geheim"],
        ["--basic-auth: cannot be combined with --header Authorization", "check", "ws://host", "-H", "Authorization: x", "--basic-auth", "me:geheim"],
        ["url: user and password cannot be combined with --header Authorization", "ping", "ws://me:geheim@host", "-H", "Authorization: x"],
        ["url: user and password cannot be combined with --basic-auth", "client", "ws://me:geheim@host", "x", "--basic-auth", "you:geheim"],
        ["url: user and password cannot be combined with --basic-auth", "load", "ws://:geheim@host", "--basic-auth", "you:geheim"],
        ["--insecure: is about TLS, which ws:// goes without", "check", "--quick", "ws://host", "-k"],
        ["--origin: cannot be combined with --header Origin", "ping", "ws://host", "-H", "Origin: https://a.example", "--origin", "https://b.example"],
        ["--instance: cannot be combined with --header X-Cf-App-Instance", "client", "ws://host", "-H", "X-CF-APP-INSTANCE: x", "--instance", Instance],
        ["--instances: cannot be combined with --header X-Cf-App-Instance", "check", "ws://host", "-H", "X-Cf-App-Instance: x", "--instances"],
        ["--quiet: cannot be combined with --json", "client", "ws://host", "--json", "-q"],
        ["--timestamps: cannot be combined with --json", "client", "ws://host", "--json", "-t"],
        ["--show-pings: cannot be combined with --quiet", "client", "ws://host", "-q", "--show-pings"],
        ["--insecure: is about TLS, which ws:// goes without", "client", "http://host", "-k"],
        ["--insecure: is about TLS, which ws:// goes without", "ping", "ws://host", "-k"],
        ["--insecure: is about TLS, which ws:// goes without", "load", "ws://host", "-k"],
        ["--origin: cannot be combined with --header Origin", "load", "ws://host", "-H", "Origin: https://a.example", "--origin", "https://b.example"],
        ["--ca: is about TLS, which ws:// goes without", "client", "ws://host", "--ca", "FILE"],
        ["--send: cannot be combined with --binary", "load", "ws://host", "--send", "FILE", "--binary"],
        ["--send: cannot be combined with --size", "load", "ws://host", "--send", "FILE", "--size", "5"],
        ["--send: cannot be combined with --hold", "load", "ws://host", "--send", "FILE", "--hold"],
        ["--expect-echo: cannot be combined with --hold", "load", "ws://host", "--expect-echo", "off", "--hold"],
        ["--compression: cannot be combined with --hold", "load", "ws://host", "--compression", "--hold"],
        ["--chart: cannot be combined with --hold", "load", "ws://host", "--chart", "FILE", "--hold"],
        ["--in-flight: cannot be combined with --rate under --expect-echo off", "load", "ws://host", "--expect-echo", "off", "--rate", "5", "--in-flight", "3"],
        ["--cert: is about TLS, which ws:// goes without", "client", "ws://host", "--cert", "FILE"],
    ];

    [TestCaseSource(nameof(Contradictions))]
    public async Task It_is_one_line_and_exit_code_2(string[] expectedAndArguments)
    {
        using var certificates = new TestCertificates();
        string file = certificates.Issue("a").CombinedFile;
        ProgramResult result = await Programs.RunAsync(Programs.EchoServer(expectedAndArguments[1..].Select(argument => argument == "FILE" ? file : argument)));
        result.AssertFailed(2, Does.StartWith($"EchoServer: {expectedAndArguments[0]}").And.Not.Contain("geheim"));
    }

    [Test]
    public async Task A_header_that_is_typed_wins_over_the_variable()
    {
        using ScriptedServer server = ScriptedServer.Echoing();
        var environment = new Dictionary<string, string> { ["ECHO_BASIC_AUTH"] = "me:geheim" };
        ProgramResult result = await Programs.RunAsync(
            Programs.EchoServer(["client", server.Url.AbsoluteUri, "x", "-q", "-H", "Authorization: Bearer abc"], environment));
        Assert.That(result, Is.EqualTo(new ProgramResult(0, "x\n", "")));
        Assert.That(server.Requests.Single(), Does.Contain("\r\nAuthorization: Bearer abc\r\n"));
    }
}
