namespace EchoServer.Tests.Client;

/// <summary>A machine on which OpenSSL cannot be loaded, where the runtime would end the process: only TLS needs it.</summary>
[WholeMachine]
[Parallelizable(ParallelScope.Children)]
internal sealed class WithoutOpenSslTests
{
    private const string Cause = "TLS needs the library OpenSSL, which cannot be loaded on this machine; install it";

    // In a mount namespace of its own the libraries are empty files.
    private const string Hide = """for file in $(/sbin/ldconfig -p | sed -n 's/.*libssl.*=> //p'); do mount --bind /dev/null "$file"; done; exec "$@" """;

    [TestCase("client", "x", "-q")]
    [TestCase("ping", "-c", "1")]
    [TestCase("check")]
    [TestCase("load", "--duration", "0.1", "--connections", "1")]
    public async Task A_plain_WebSocket_works(string command, params string[] options)
    {
        ProgramResult result = await RunAsync([command, SharedServers.Default.Url("/raw").AbsoluteUri, .. options]);
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
    }

    [TestCase("client", "x")]
    [TestCase("ping")]
    [TestCase("load")]
    [TestCase("check", "--quick")]
    public async Task TLS_is_one_line(string command, params string[] options)
    {
        string url = $"wss://127.0.0.1:{SharedServers.Default.Port}/";
        ProgramResult result = await RunAsync([command, url, .. options]);
        result.AssertFailed(1, Does.StartWith($"EchoServer: {url}: {Cause}"));
    }

    [Test]
    public async Task So_is_a_certificate()
    {
        using var certificates = new TestCertificates();
        ProgramResult result = await RunAsync(["client", "wss://host/", "--ca", certificates.AuthorityFile]);
        result.AssertFailed(1, Does.StartWith($"EchoServer: {Cause}"));
    }

    private static Task<ProgramResult> RunAsync(string[] arguments)
    {
        Requires.Unless(Environment.IsPrivilegedProcess && File.Exists("/usr/bin/unshare"), "a mount namespace takes root and unshare: run ./build.sh test as root");
        return Programs.RunAsync(Programs.Through(Programs.EchoServer(arguments), "unshare", "--mount", "sh", "-c", Hide, "sh"));
    }
}
