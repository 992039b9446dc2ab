using System.Security.Cryptography.X509Certificates;
using EchoServer.Check;
using EchoServer.Commands.Options;
using EchoServer.Connect;

namespace EchoServer.Tests.Check;

/// <summary>A check inside the test's process, and what each probe found.</summary>
internal sealed record Checks(IReadOnlyList<ProbeResult> Results)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    public Finding this[string probe] => Results.Single(result => result.Name == probe).Finding;

    /// <summary>The names of the probes that ended so.</summary>
    public string[] Which(Outcome outcome) => [.. Results.Where(result => result.Finding.Outcome == outcome).Select(result => result.Name)];

    /// <summary>Runs the probes.</summary>
    /// <param name="url">Where to, as typed.</param>
    /// <param name="options">More about the check.</param>
    /// <param name="connection">More about how to connect.</param>
    public static async Task<Checks> RunAsync(
        string url, Func<CheckOptions, CheckOptions>? options = null, Func<ConnectionOptions, ConnectionOptions>? connection = null)
    {
        var connecting = new ConnectionOptions { Url = WebSocketUrl.Parse(url, out _), Timeout = Timeout };
        var check = new CheckOptions { TypedUrl = url, Connection = connection?.Invoke(connecting) ?? connecting };
        using var patience = new CancellationTokenSource(ServerProcess.Patience);
        return new(await CheckPlan.RunAsync(options?.Invoke(check) ?? check, _ => { }, patience.Token));
    }

    /// <summary>The same of a server that is to echo, whatever it says in <c>/info</c>.</summary>
    public static Task<Checks> RunEchoAsync(
        string url, Func<CheckOptions, CheckOptions>? options = null, Func<ConnectionOptions, ConnectionOptions>? connection = null) =>
        RunAsync(url, check => (options?.Invoke(check) ?? check) with { ExpectsEcho = true }, connection);

    /// <summary>Has a check trust the authority of the test.</summary>
    public static Func<ConnectionOptions, ConnectionOptions> Trusting(TestCertificates certificates)
    {
        X509Certificate2Collection authorities = [];
        authorities.ImportFromPemFile(certificates.AuthorityFile);
        return options => options with { Authorities = authorities };
    }

    /// <summary>Asserts what a probe found, and that its cause and advice say so.</summary>
    public void Expect(string probe, Outcome outcome, string text, string cause = "", string advice = "")
    {
        Finding finding = this[probe];
        Assert.Multiple(() =>
        {
            Assert.That(finding.Outcome, Is.EqualTo(outcome), () => $"{finding}");
            Assert.That(finding.Text, Does.Contain(text));
            Assert.That(finding.Fault?.Cause ?? "", Does.Contain(cause));
            Assert.That(finding.Fault?.Advice ?? "", Does.Contain(advice));
        });
    }

    /// <summary>Asserts that nothing after a probe was tried.</summary>
    public void ExpectEndAfter(string probe) => Assert.That(
        Results.SkipWhile(result => result.Name != probe).Skip(1), Is.Not.Empty.And.All.Matches<ProbeResult>(result => result?.Finding.Group == CheckPlan.NotTried));
}
