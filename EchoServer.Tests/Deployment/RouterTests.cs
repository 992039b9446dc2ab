using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;

namespace EchoServer.Tests.Deployment;

/// <summary>Behind a router that ends TLS: haproxy, set up to do to a connection what Cloud Foundry's router does.</summary>
[WholeMachine]
internal sealed class RouterTests
{
    private TestCertificates _certificates = null!;
    private Haproxy _router = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _certificates = new TestCertificates();
        _router = await Haproxy.StartAsync(new HaproxyOptions
        {
            Instances = [SharedServers.Default.Port],
            Certificate = _certificates.Issue("localhost", "127.0.0.1"),
        });
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _certificates?.Dispose();
        await (_router?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    [Test]
    public async Task Our_client_prints_the_tutorials_transcript()
    {
        Assert.That(await RunClientAsync(_router.Url().AbsoluteUri), Is.EqualTo(ProgramResult.Transcript));
        Assert.That(
            await RunClientAsync(_router.HttpUrl(host: "127.0.0.1").AbsoluteUri), Is.EqualTo(ProgramResult.Transcript),
            "the certificate is for this address as well");
    }

    [Test]
    public async Task The_tutorials_client_prints_the_tutorials_transcript()
    {
        Requires.NodePeers();
        Assert.That(await RunNodeAsync("tutorial-client.js", _router.Url()), Is.EqualTo(ProgramResult.Transcript));
    }

    [Test]
    public async Task Node_gets_messages_of_every_kind_back()
    {
        Requires.NodePeers();
        ProgramResult result = await RunNodeAsync("many-kinds-client.js", _router.Url("/raw"));
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        Assert.That(result.Output, Does.StartWith("subprotocol first\n").And.Contain("\nbinary of 1 MiB\n").And.EndWith("\npong are you there\nclosed 4000\n"));
    }

    [Test]
    public async Task ClientWebSocket_gets_every_size_back_and_closes_cleanly()
    {
        using var patience = new CancellationTokenSource(ServerProcess.Patience);
        using var client = new ClientWebSocket();
        using X509Certificate2 authority = X509CertificateLoader.LoadCertificateFromFile(_certificates.AuthorityFile);
        client.Options.RemoteCertificateValidationCallback = (_, certificate, _, errors) => IsSignedBy(authority, certificate, errors);
        await client.ConnectAsync(_router.Url("/raw"), patience.Token);
        foreach (int length in (int[])[0, 1, 125, 126, 65535, 65536, 1024 * 1024])
        {
            byte[] message = new byte[length];
            new Random(length).NextBytes(message);
            await client.EchoAsync(WebSocketMessageType.Binary, message, patience.Token);
        }

        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, "enough", patience.Token);
        Assert.That((client.State, client.CloseStatus), Is.EqualTo((WebSocketState.Closed, WebSocketCloseStatus.NormalClosure)));
    }

    [Test]
    public async Task Headers_arrive_as_the_router_writes_them_and_are_understood()
    {
        using HttpClient http = TrustingHttp();
        using var request = new HttpRequestMessage(HttpMethod.Get, _router.HttpUrl("/info"));
        request.Headers.Add("X-Forwarded-For", "203.0.113.7");
        using HttpResponseMessage response = await http.SendAsync(request);
        using JsonDocument info = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Dictionary<string, string> headers = info.RootElement.GetProperty("request").GetProperty("headers").EnumerateArray()
            .ToDictionary(header => header.GetProperty("name").GetString()!, header => header.GetProperty("value").GetString()!);
        Assert.Multiple(() =>
        {
            Assert.That(headers["Host"], Is.EqualTo($"localhost:{_router.Port}"));
            Assert.That(headers["X-Forwarded-For"], Is.EqualTo("203.0.113.7, 127.0.0.1"));
            Assert.That(headers["X-Forwarded-Proto"], Is.EqualTo("https"));
            Assert.That(headers["X-Cf-Instanceindex"], Is.EqualTo("0"));
            Assert.That(headers["X-Request-Start"], Does.Match(@"^\d{13}$"));
            Assert.That(headers.Keys, Does.Contain("X-Vcap-Request-Id").And.Contain("X-Cf-Applicationid").And.Contain("X-Cf-Instanceid")
                .And.Contain("X-B3-Traceid").And.Contain("X-B3-Spanid").And.Contain("B3"));
        });
    }

    [Test]
    public async Task The_names_of_the_handshakes_headers_are_written_the_routers_way()
    {
        // What every other test here relies on: a server that insists on Sec-WebSocket-Key would not pass them.
        using ScriptedServer server = ScriptedServer.Upgrading(
            (_, _) => { }, (request, _) => ScriptedServer.Accept(request.Replace("Sec-Websocket-Key", "Sec-WebSocket-Key", StringComparison.Ordinal)));
        await using Haproxy router = await Haproxy.StartAsync(new HaproxyOptions { Instances = [server.Url.Port] });
        using RawPeer peer = RawPeer.Ask(router.Port, RawPeer.UpgradeRequest());
        Assert.That(peer.ReadHead(), Does.StartWith("HTTP/1.1 101 ").And.Contain("\r\nSec-Websocket-Accept: "));
        Assert.That(server.Requests.Single(), Does.Contain("\r\nSec-Websocket-Key: ").And.Contain("\r\nSec-Websocket-Version: 13\r\n").And.Contain("\r\nX-Forwarded-Proto: http\r\n"));
    }

    [Test]
    public async Task A_balancer_that_drops_the_upgrade_is_named()
    {
        await using Haproxy router = await Haproxy.StartAsync(new HaproxyOptions { Instances = [SharedServers.Default.Port], DropsUpgrade = true });
        ProgramResult result = await RunClientAsync(router.Url().AbsoluteUri);
        result.AssertFailed(1, Does.StartWith($"EchoServer: {router.Url()}: the upgrade request lost its Upgrade header on the way ("));
    }

    [Test]
    public async Task The_URL_needs_no_port_where_the_router_has_443()
    {
        await using NetworkNamespace network = await NetworkNamespace.CreateAsync();
        await using ServerProcess server = await ServerProcess.StartAsync(network.Enter(Programs.EchoServer([])));
        await using Haproxy router = await Haproxy.StartAsync(new HaproxyOptions
        {
            Instances = [server.Port],
            Certificate = _certificates.Issue("localhost"),
            Port = 443,
            Namespace = network,
        });
        ProcessStartInfo ours = Trusting(Programs.EchoServer(["client", "wss://localhost", "Hi there!"]));
        Assert.That(await Programs.RunAsync(network.Enter(ours)), Is.EqualTo(ProgramResult.Transcript));

        Requires.NodePeers();
        ProcessStartInfo node = Trusting(Programs.Start("node", ["tutorial-client.js", "wss://localhost"], Requires.PeersFolder));
        Assert.That(await Programs.RunAsync(network.Enter(node)), Is.EqualTo(ProgramResult.Transcript));
    }

    [Test]
    public async Task A_connection_that_is_idle_for_too_long_is_cut_unless_the_server_pings()
    {
        await using Haproxy router = await Haproxy.StartAsync(new HaproxyOptions
        {
            Instances = [SharedServers.Default.Port],
            IdleTimeout = Wait.Lapse,
        });
        using RawPeer idle = RawPeer.Open(router.Port);
        Assert.That(idle.ReadFrame(), Is.Null, "no Close frame: 1006 for a browser");

        await using ServerProcess pinging = await ServerProcess.StartAsync(["--keep-alive-interval", "0.5"]);
        await using Haproxy other = await Haproxy.StartAsync(new HaproxyOptions
        {
            Instances = [pinging.Port],
            IdleTimeout = Wait.Lapse,
        });
        using RawPeer kept = RawPeer.Open(other.Port);
        for (int i = 0; i < 10; i++)
        {
            WireFrame ping = kept.ReadFrame()!;
            Assert.That(ping.Opcode, Is.EqualTo(WireFrame.PingOpcode), $"{i}");
            kept.Send(WireFrame.Pong(ping.Payload));
        }
    }

    private Task<ProgramResult> RunClientAsync(string url) => Programs.RunAsync(Trusting(Programs.EchoServer(["client", url, "Hi there!"])));

    private Task<ProgramResult> RunNodeAsync(string script, Uri url) =>
        Programs.RunAsync(Trusting(Programs.Start("node", [script, url.AbsoluteUri], Requires.PeersFolder)));

    private ProcessStartInfo Trusting(ProcessStartInfo start)
    {
        start.Environment["SSL_CERT_FILE"] = _certificates.AuthorityFile;
        start.Environment["NODE_EXTRA_CA_CERTS"] = _certificates.AuthorityFile;
        return start;
    }

    private HttpClient TrustingHttp()
    {
        X509Certificate2 authority = X509CertificateLoader.LoadCertificateFromFile(_certificates.AuthorityFile);
        return new HttpClient(new HttpClientHandler
        {
            ServerCertificateCustomValidationCallback = (_, certificate, _, errors) => IsSignedBy(authority, certificate, errors),
        });
    }

    /// <summary>Whether nothing is wrong with a certificate but that this machine does not know the authority.</summary>
    private static bool IsSignedBy(X509Certificate2 authority, X509Certificate? certificate, SslPolicyErrors errors)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        return (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) == SslPolicyErrors.None && chain.Build((X509Certificate2)certificate!);
    }
}
