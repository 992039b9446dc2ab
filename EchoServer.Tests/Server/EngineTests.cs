namespace EchoServer.Tests.Server;

/// <summary>What every engine has to do behind the seam, each built and started as a process of its own.</summary>
[TestFixture(ServerEngine.BuiltIn)]
[TestFixture(ServerEngine.Fleck, Category = SlowAttribute.Category)]
[TestFixture(ServerEngine.FleckStub, Category = SlowAttribute.Category)]
internal sealed class EngineTests(ServerEngine engine)
{
    private const string Greeting = "Hi, this is the Echo-Server";

    private ServerBuild _build = null!;
    private ServerProcess _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _build = await ServerBuild.GetAsync(engine);
        _server = await _build.StartAsync();
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [Test]
    public void The_first_line_says_where_it_listens_with_the_real_port()
    {
        Assert.That(_server.FirstLine, Does.EndWith($" info: EchoServer[1] Listening on ws://0.0.0.0:{_server.Port}"));
        Assert.That(_server.Port, Is.GreaterThan(0));
    }

    [Test]
    public void The_greeting_comes_before_the_first_echo()
    {
        // Often, because an engine can have it the other way round now and then.
        for (int i = 0; i < 200; i++)
        {
            using RawPeer peer = RawPeer.Open(_server.Port, "/");
            peer.Send(WireFrame.Text($"{i}"));
            Assert.That((peer.ReadText(), peer.ReadText()), Is.EqualTo((Greeting, $"Echo: {i}")));
        }
    }

    [Test]
    public void Who_says_nothing_is_greeted_and_nothing_else()
    {
        using RawPeer peer = RawPeer.Open(_server.Port, "/some/where?q=1");
        Assert.That(peer.ReadText(), Is.EqualTo(Greeting));
        peer.Send(WireFrame.Ping([7]));
        WireFrame pong = peer.ReadOneFrame();
        Assert.That((pong.Opcode, pong.Payload), Is.EqualTo((WireFrame.PongOpcode, new byte[] { 7 })));
    }

    [Test]
    public void Raw_echoes_and_nothing_else([Values("/raw", "/raw?q=1")] string path)
    {
        using RawPeer peer = RawPeer.Open(_server.Port, path);
        peer.Send(WireFrame.Text("x"));
        Assert.That(peer.ReadText(), Is.EqualTo("x"));
    }

    [Test]
    public void A_binary_message_comes_back_as_the_same_bytes([Values(0, 1, 125, 126, 65535, 65536, 1024 * 1024)] int length)
    {
        byte[] message = new byte[length];
        new Random(length).NextBytes(message);
        using RawPeer peer = RawPeer.Open(_server.Port, "/");
        Assert.That(peer.ReadText(), Is.EqualTo(Greeting));
        peer.Send(WireFrame.Binary(message));
        WireFrame echo = peer.ReadOneFrame();
        Assert.That((echo.Opcode, echo.Fin, echo.Masked), Is.EqualTo((WireFrame.BinaryOpcode, true, false)));
        Assert.That(echo.Payload.AsSpan().SequenceEqual(message), Is.True);
    }

    [Test]
    public void Text_of_every_kind_comes_back([Values("", "Grüße \u20AC \U0001F600", "line\r\nline\0")] string text)
    {
        using RawPeer peer = RawPeer.Open(_server.Port, "/");
        Assert.That(peer.ReadText(), Is.EqualTo(Greeting));
        peer.Send(WireFrame.Text(text));
        Assert.That(peer.ReadText(), Is.EqualTo($"Echo: {text}"));
    }

    [Test]
    public void Fragments_come_back_as_one_message()
    {
        using RawPeer peer = RawPeer.Open(_server.Port);
        peer.Send(WireFrame.Text("one ", fin: false));
        peer.Send(WireFrame.More(Encoding.UTF8.GetBytes("two"), fin: true));
        Assert.That(peer.ReadText(), Is.EqualTo("one two"));
    }

    [Test]
    public void Echoes_keep_the_order_of_the_messages_and_go_to_their_own_client()
    {
        const int messages = 200;
        RawPeer[] peers = [.. Enumerable.Range(0, 10).Select(_ => RawPeer.Open(_server.Port))];
        for (int i = 0; i < peers.Length; i++)
        {
            peers[i].Send(WireFrame.Join(Enumerable.Range(0, messages).Select(n => WireFrame.Text($"{i}/{n}"))));
        }

        for (int i = 0; i < peers.Length; i++)
        {
            Assert.That(Enumerable.Range(0, messages).Select(_ => peers[i].ReadText()), Is.EqualTo(Enumerable.Range(0, messages).Select(n => $"{i}/{n}")));
            peers[i].Dispose();
        }
    }

    [Test]
    public void A_Close_is_answered_and_the_connection_ends()
    {
        using RawPeer peer = RawPeer.Open(_server.Port);
        peer.Send(WireFrame.Close(1000));
        Assert.That(peer.ReadOneFrame().CloseCode, Is.EqualTo(1000));
        Assert.That(peer.ReadToEnd(), Is.Empty);
    }

    [Test]
    public async Task Messages_are_logged_on_one_line_each()
    {
        using RawPeer peer = RawPeer.Open(_server.Port);
        peer.Send(WireFrame.Text("forged\r\n\u001b[31mline"));
        peer.Send(WireFrame.Binary([1, 2, 3]));
        await _server.WaitForLineAsync(line => Regex.IsMatch(line, @" info: Echo\[10\] #[0-9]+ Received Message: forged\\r\\n\\u\{1b\}\[31mline$"));
        await _server.WaitForLineAsync(line => Regex.IsMatch(line, @" info: Echo\[11\] #[0-9]+ Received Message: 3 bytes, binary$"));
    }

    [Test]
    public async Task The_client_prints_the_tutorials_transcript()
    {
        ProgramResult result = await Programs.RunAsync(_build.Start(["client", _server.Url().AbsoluteUri, "Hi there!"]));
        Assert.That(result, Is.EqualTo(ProgramResult.Transcript));
    }

    [Test]
    public async Task A_port_in_use_is_one_line_and_exit_code_1()
    {
        ProgramResult result = await Programs.RunAsync(_build.Start(["--port", $"{_server.Port}"]));
        Assert.That(result, Is.EqualTo(new ProgramResult(
            1, "", $"EchoServer: --port: cannot listen on 0.0.0.0:{_server.Port}: the port is in use; choose another, or 0 for a free one\n")));
    }

    [Test]
    public async Task A_server_that_was_stopped_can_be_started_again_on_its_port()
    {
        int port = FreePort.Find();
        await using (ServerProcess first = await _build.StartAsync("--port", $"{port}"))
        {
            RawPeer open = RawPeer.Open(port);
            Programs.Signal(first.Id, "TERM");
            AssertIsToldToGo(open);
            Assert.That(await first.WaitForExitAsync(), Is.Zero);
        }

        // The address still has connections in TIME_WAIT.
        await using ServerProcess second = await _build.StartAsync("--port", $"{port}");
        Assert.That(second.Port, Is.EqualTo(port));
    }

    [Test]
    public async Task A_signal_says_1001_to_every_client_after_its_echoes_and_ends_with_exit_code_0()
    {
        await using ServerProcess server = await _build.StartAsync("--log-messages", "false");
        RawPeer idle = RawPeer.Open(server.Port);

        // Fleck takes its input in small parts: of so much, some would still be on its way.
        (int clients, int each) = engine == ServerEngine.BuiltIn ? (20, 500) : (1, 100);
        RawPeer[] busy = [.. Enumerable.Range(0, clients).Select(_ => RawPeer.Open(server.Port))];
        string[] texts = [.. Enumerable.Range(0, each).Select(i => $"{i}")];
        byte[] messages = WireFrame.Join(texts.Select(text => WireFrame.Text(text)));
        Array.ForEach(busy, peer => peer.Send(messages));
        Programs.Signal(server.Id, "TERM");
        foreach (RawPeer peer in busy)
        {
            Assert.That(texts.Select(_ => peer.ReadText()), Is.EqualTo(texts));
            AssertIsToldToGo(peer);
        }

        AssertIsToldToGo(idle);
        Assert.That(await server.WaitForExitAsync(), Is.Zero);
        string stopped = $"Stopped: {clients + 1} connections ended in time, 0 were aborted";
        await server.WaitForLineAsync(line => line.EndsWith(stopped, StringComparison.Ordinal));
    }

    [Test]
    public async Task Only_pages_of_allowed_origins_reach_the_application()
    {
        await using ServerProcess server = await _build.StartAsync("--allowed-origins", "https://example.org");
        using RawPeer good = RawPeer.Ask(server.Port, RawPeer.UpgradeRequest("/", "Origin: https://example.org"));
        Assert.That(good.ReadHead(), Does.StartWith("HTTP/1.1 101 "));
        Assert.That(good.ReadText(), Is.EqualTo(Greeting));
        using RawPeer bad = RawPeer.Ask(server.Port, RawPeer.UpgradeRequest("/", "Origin: https://evil.example"));
        Assert.That(bad.ReadHead(), Does.StartWith("HTTP/1.1 403 "));
    }

    [Test]
    public async Task A_lack_of_descriptors_passes_once_clients_have_left()
    {
        string[] command = ["sh", "-c", "ulimit -n 250; exec \"$@\"", "sh", .. _build.Command];
        await using ServerProcess server = await ServerProcess.StartAsync(
            Programs.EchoServer(["--port", "0"], command: command), hasBudget: engine == ServerEngine.BuiltIn);
        using RawPeer first = RawPeer.Open(server.Port);

        // They send nothing: for want of a descriptor the server resets some, and a send would then fail.
        RawPeer[] peers = [.. Enumerable.Range(0, 400).Select(_ => new RawPeer(server.Port))];
        Array.ForEach(peers, peer => peer.Dispose());
        await Wait.UntilAsync(() => IsLetIn(server.Port), () => "the server lets in no client");
    }

    [TestCase("/close/4000?after=1", "x", 4000)]
    [TestCase("/delay/20", "x", 0)]
    [TestCase("/slow/100", "x", 0)]
    [TestCase("/burst/2", "12x", 0)]
    [TestCase("/fragments/2", "x", 0)]
    [TestCase("/no-ping", "x", 0)]
    public void Scenarios_are_those_of_every_engine(string path, string texts, int code)
    {
        using RawPeer peer = RawPeer.Open(_server.Port, path);
        peer.Send(WireFrame.Text("x"));
        string received = "";
        while (received.Length < texts.Length)
        {
            received += Encoding.UTF8.GetString(peer.ReadOneFrame().Payload);
        }

        Assert.That(received, Is.EqualTo(texts));
        if (code != 0)
        {
            Assert.That(peer.ReadOneFrame().CloseCode, Is.EqualTo(code));
        }
    }

    [Test]
    public void A_scenario_cuts_the_connection_by_a_reset([Values("/drop?after=1", "/drop?in=20ms")] string path)
    {
        using RawPeer peer = RawPeer.Open(_server.Port, path);
        if (path.Contains("after", StringComparison.Ordinal))
        {
            peer.Send(WireFrame.Text("x"));
            Assert.That(peer.ReadText(), Is.EqualTo("x"));
        }

        Assert.That(Assert.Throws<SocketException>(() => peer.ReadFrame())!.SocketErrorCode, Is.EqualTo(SocketError.ConnectionReset));
    }

    [Test]
    public void A_scenario_agrees_on_a_subprotocol()
    {
        using RawPeer peer = RawPeer.Ask(_server.Port, RawPeer.UpgradeRequest("/subprotocol/chat"));
        Assert.That(peer.ReadHead(), Does.StartWith("HTTP/1.1 101 ").And.Contains("\r\nSec-WebSocket-Protocol: chat\r\n"));
    }

    [Test]
    public void Plain_HTTP_gets_a_page([Values("/", "/health", "/info", "/metrics")] string path)
    {
        using RawPeer peer = RawPeer.Ask(_server.Port, $"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Assert.That(peer.ReadHead(), Does.StartWith("HTTP/1.1 200 "));
    }

    [TestCase("/status/429", 429)]
    [TestCase("/close/1", 400)]
    public void A_scenario_refuses_the_handshake(string path, int status)
    {
        using RawPeer peer = RawPeer.Ask(_server.Port, RawPeer.UpgradeRequest(path));
        Assert.That(peer.ReadHead(), Does.StartWith($"HTTP/1.1 {status} "));
    }

    private static bool IsLetIn(int port)
    {
        try
        {
            using RawPeer peer = RawPeer.Ask(port, RawPeer.UpgradeRequest());
            return peer.ReadHead().StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal);
        }
        catch (Exception exception) when (exception is SocketException or EndOfStreamException)
        {
            return false;
        }
    }

    private static void AssertIsToldToGo(RawPeer peer)
    {
        Assert.That(peer.ReadOneFrame().CloseCode, Is.EqualTo(1001));
        peer.Send(WireFrame.Close(1001));
        peer.Dispose();
    }
}
