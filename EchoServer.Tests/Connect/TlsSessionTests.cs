using System.Security.Cryptography.X509Certificates;
using EchoServer.Connect;

namespace EchoServer.Tests.Connect;

/// <summary>Which certificates are trusted with <c>--ca</c>: any in the file is an anchor, as for curl and OpenSSL.</summary>
[Parallelizable(ParallelScope.Children)]
internal sealed class TlsSessionTests
{
    private TestCertificates _root = null!;
    private TestCertificates _between = null!;

    [OneTimeSetUp]
    public void CreateAuthorities()
    {
        _root = new TestCertificates("The Root");
        _between = new TestCertificates("The Intermediate", _root);
    }

    [OneTimeTearDown]
    public void RemoveAuthorities()
    {
        _between?.Dispose();
        _root?.Dispose();
    }

    [TestCase("root", true)]
    [TestCase("intermediate", true)]
    [TestCase("intermediate", false)]
    [TestCase("both", false)]
    [TestCase("leaf", false)]
    [TestCase("leaf", true)]
    public async Task Any_certificate_of_the_chain_is_an_anchor(string anchor, bool sendsIntermediate)
    {
        TestCertificate leaf = _between.Issue("localhost");
        using var server = new TlsFront(SharedServers.Default.Port, leaf, between: sendsIntermediate ? _between.AuthorityFile : null);
        await using ClientConnection connection = await OpenAsync(server, Files(anchor, leaf));
        Assert.That(connection.Answer.Status, Is.EqualTo(101));
    }

    [Test]
    public async Task Without_the_intermediate_the_root_is_not_enough_and_what_is_missing_is_named()
    {
        using var server = new TlsFront(SharedServers.Default.Port, _between.Issue("localhost"));
        ConnectionFailedException failure = await RefuseAsync(server, _root.AuthorityFile);
        Assert.That(failure.Fault.Cause, Does.StartWith("the certificate cannot be traced to a trusted authority: 'The Intermediate' is not in the file of --ca"));
        Assert.That(failure.Fault.Advice, Does.StartWith("take the certificate of 'The Intermediate' and add it to the file of --ca"));
    }

    [Test]
    public async Task A_stranger_in_the_file_is_not_an_anchor_and_the_authority_that_is_missing_is_named()
    {
        using var stranger = new TestCertificates("The Root");
        using var server = new TlsFront(SharedServers.Default.Port, _between.Issue("localhost"), between: _between.AuthorityFile);
        ConnectionFailedException failure = await RefuseAsync(server, stranger.AuthorityFile);
        Assert.That(failure.Fault.Cause, Does.Contain("'The Root' is not in the file of --ca"));
    }

    [Test]
    public async Task A_certificate_that_only_names_the_anchor_as_its_issuer_is_not_trusted([Values] bool sendsIntermediate)
    {
        using var server = new TlsFront(SharedServers.Default.Port, _between.Forge("localhost"), between: sendsIntermediate ? _between.AuthorityFile : null);
        ConnectionFailedException failure = await RefuseAsync(server, _between.AuthorityFile);
        Assert.That(failure.Fault.Cause, Does.Contain("was not signed by the issuer that it names"));
    }

    [Test]
    public async Task An_anchor_does_not_make_up_for_another_flaw([Values("intermediate", "leaf")] string anchor)
    {
        TestCertificate expired = _between.IssueExpired("localhost");
        using var server = new TlsFront(SharedServers.Default.Port, expired);
        Assert.That((await RefuseAsync(server, Files(anchor, expired))).Fault.Cause, Does.Contain("expired 24 hours ago"));

        TestCertificate other = _between.Issue("other.example");
        using var misnamed = new TlsFront(SharedServers.Default.Port, other);
        Assert.That((await RefuseAsync(misnamed, Files(anchor, other))).Fault.Cause, Does.Contain("is for other.example, not for localhost"));
    }

    private string[] Files(string anchor, TestCertificate leaf) => anchor switch
    {
        "root" => [_root.AuthorityFile],
        "intermediate" => [_between.AuthorityFile],
        "leaf" => [leaf.CertificateFile],
        _ => [_root.AuthorityFile, _between.AuthorityFile],
    };

    private static async Task<ConnectionFailedException> RefuseAsync(TlsFront server, params string[] files)
    {
        ConnectionFailedException? failure = null;
        try
        {
            await using ClientConnection connection = await OpenAsync(server, files);
        }
        catch (ConnectionFailedException exception)
        {
            failure = exception;
        }

        Assert.That(failure, Is.Not.Null, "it was trusted");
        Assert.That(failure!.Fault.Advice, Does.EndWith("; --insecure goes on without checking it"));
        return failure;
    }

    private static async Task<ClientConnection> OpenAsync(TlsFront server, params string[] files)
    {
        X509Certificate2Collection authorities = [];
        Array.ForEach(files, authorities.ImportFromPemFile);
        using var patience = new CancellationTokenSource(ServerProcess.Patience);
        return await new Dialer(new ConnectionOptions { Url = server.Url, Authorities = authorities, Timeout = ServerProcess.Patience }).OpenWebSocketAsync(patience.Token);
    }
}
