using EchoServer.Server;

namespace EchoServer.Tests.Site;

/// <summary><c>GET /info</c> on the wire.</summary>
internal sealed class InfoTests
{
    [Test]
    public async Task It_says_what_the_contract_with_the_page_says()
    {
        await using InProcessServer server = SiteServer.Start(new ServerOptions { MaxConnections = 7, MemoryBudgetBytes = 100_000 });
        using RawPeer peer = RawPeer.Open(server.Port, "/");
        peer.ReadText();
        peer.Send(WireFrame.Text("four"));
        peer.ReadText();
        JsonElement info = Parse(HttpReply.Get(server.Port, "/info"));
        Assert.That(Names(info), Is.EqualTo(
            [
                "name", "version", "commit", "build", "uptimeSeconds", "instance", "limits", "echo", "connections", "totals", "compression", "memory", "request",
            ]));
        Assert.That(info.GetProperty("name").GetString(), Is.EqualTo("EchoServer"));
        Assert.That(info.GetProperty("version").GetString(), Does.Match(@"^\d+\.\d+\.\d+$"));
        Assert.That(info.GetProperty("uptimeSeconds").GetDouble(), Is.GreaterThanOrEqualTo(0));
        Assert.That(Flat(info, "instance"), Is.EqualTo("""{"index":null,"guid":null,"application":null,"space":null,"uris":[]}"""));
        Assert.That(Flat(info, "limits"), Is.EqualTo(
            """
            {"maxMessageBytes":1048576,"maxFragments":131072,"maxConnections":7,"memoryBudgetBytes":100000,"handshakeTimeoutSeconds":10,
            "messageTimeoutSeconds":30,"sendTimeoutSeconds":30,"keepAliveIntervalSeconds":25,"keepAliveTimeoutSeconds":20,
            "closeTimeoutSeconds":2,"drainTimeoutSeconds":8,"allowedOrigins":null}
            """.ReplaceLineEndings("")));
        Assert.That(Flat(info, "echo"), Does.StartWith(
            """{"greeting":"Hi, this is the Echo-Server","prefix":"Echo: ","rawPath":"/raw","compression":false,"scenarios":[{"path":"/close/"""));
        Assert.That(Flat(info, "connections"), Is.EqualTo("""{"open":1,"total":1}"""));
        Assert.That(Flat(info, "totals"), Is.EqualTo(
            """{"messagesReceived":1,"messagesSent":2,"payloadBytesReceived":4,"payloadBytesSent":37}"""));
        Assert.That(info.GetProperty("memory").GetProperty("budgetUsedBytes").GetInt64(), Is.Zero);
        Assert.That(info.GetProperty("memory").GetProperty("residentBytes").GetInt64(), Is.GreaterThan(1_000_000));
        Assert.That(Names(info.GetProperty("request")), Is.EqualTo(["method", "path", "httpVersion", "peer", "headers"]));
    }

    [Test]
    public async Task It_says_whether_compression_is_offered_and_what_it_did()
    {
        await using InProcessServer server = SiteServer.Start(new ServerOptions { Compression = true });
        using RawPeer peer = RawPeer.Ask(server.Port, RawPeer.UpgradeRequest("/raw", "Sec-WebSocket-Extensions: permessage-deflate"));
        peer.ReadHead();
        byte[] json = Deflated.Json(1_000);
        byte[] compressed = Deflated.Message(json);
        peer.Send(new WireFrame(WireFrame.TextOpcode, compressed, Rsv: 4));
        int sent = peer.ReadOneFrame().Payload.Length;
        JsonElement info = Parse(HttpReply.Get(server.Port, "/info"));
        Assert.That(info.GetProperty("echo").GetProperty("compression").GetBoolean(), Is.True);
        Assert.That(Flat(info, "compression"), Is.EqualTo(
            $$"""
            {"connections":1,"messagesReceived":1,"messagesSent":1,"compressedBytesReceived":{{compressed.Length}},"compressedBytesSent":{{sent}},
            "payloadBytesReceived":1000,"payloadBytesSent":1000}
            """.ReplaceLineEndings("")));
    }

    [Test]
    public async Task What_is_turned_off_is_null_and_the_origins_are_named()
    {
        await using InProcessServer server = SiteServer.Start(
            new ServerOptions { MessageTimeout = null, KeepAliveInterval = null, AllowedOrigins = ["https://a.example", "http://b.example:8080"] });
        JsonElement limits = Parse(HttpReply.Get(server.Port, "/info")).GetProperty("limits");
        Assert.That(limits.GetProperty("messageTimeoutSeconds").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(limits.GetProperty("keepAliveIntervalSeconds").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(Flat(limits, "allowedOrigins"), Is.EqualTo("""["https://a.example","http://b.example:8080"]"""));
    }

    [Test]
    public void The_request_is_shown_as_it_arrived_with_its_secrets_masked()
    {
        using var peer = new RawPeer(SharedServers.Default.Port);
        peer.Send(Encoding.Latin1.GetBytes(
            "GET /info?token=secret HTTP/1.0\r\nX-Forwarded-For: 203.0.113.7\r\nX-Cf-Instanceindex: 2\r\nAuthorization: Bearer secret\r\n" +
            "cookie: a=secret\r\nReferer: http://u:secret@h/?a=1&token=secret\r\nX-Odd: <script>\"\\\t\u00e9\u0085\r\nX-Odd:\r\n\r\n"));
        HttpReply reply = HttpReply.Parse(peer.ReadToEnd());
        JsonElement request = Parse(reply).GetProperty("request");
        Assert.That(request.GetProperty("method").GetString(), Is.EqualTo("GET"));
        Assert.That(request.GetProperty("path").GetString(), Is.EqualTo("/info"));
        Assert.That(request.GetProperty("httpVersion").GetString(), Is.EqualTo("1.0"));
        Assert.That(request.GetProperty("peer").GetString(), Is.EqualTo($"{peer.Socket.LocalEndPoint}"));
        Assert.That(
            request.GetProperty("headers").EnumerateArray()
                .Select(header => $"{header.GetProperty("name").GetString()}={header.GetProperty("value").GetString()}"),
            Is.EqualTo(
                [
                    "X-Forwarded-For=203.0.113.7", "X-Cf-Instanceindex=2", "Authorization=(masked)", "cookie=(masked)",
                    "Referer=http://...@h/?a=1&token=***",
                    "X-Odd=<script>\"\\\t\u00e9\u0085", "X-Odd=",
                ]));
        Assert.That(reply.Text, Does.Not.Contain("secret"));
        Assert.That(reply.Text, Does.Contain(@"<script>\""\\\té\u0085"), "only what JSON or a terminal needs is escaped");
    }

    [Test]
    public async Task The_instance_is_named_and_nothing_else_of_the_environment()
    {
        await using ServerProcess server = await ServerProcess.StartAsync([], new Dictionary<string, string>
        {
            ["CF_INSTANCE_INDEX"] = "4",
            ["CF_INSTANCE_GUID"] = "some-guid",
            ["VCAP_APPLICATION"] =
                """{"application_name":"echo","space_name":"dev","application_uris":["echo.example.org"],"other":"must-not-be-shown"}""",
            ["DATABASE_URL"] = "must-not-be-shown",
        });
        HttpReply reply = HttpReply.Get(server.Port, "/info");
        Assert.That(Flat(Parse(reply), "instance"), Is.EqualTo(
            """{"index":4,"guid":"some-guid","application":"echo","space":"dev","uris":["echo.example.org"]}"""));
        Assert.That(reply.Text, Does.Not.Contain("must-not-be-shown"));
    }

    [Test]
    public async Task Broken_JSON_in_the_environment_does_not_stop_the_server([Values("{\"application_name\":", "[]", "{\"application_name\":\"\\ud800\"}")] string json)
    {
        await using ServerProcess server = await ServerProcess.StartAsync([], new Dictionary<string, string> { ["VCAP_APPLICATION"] = json });
        JsonElement instance = Parse(HttpReply.Get(server.Port, "/info")).GetProperty("instance");
        Assert.That(instance.GetProperty("application").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [TestCase("--info", "ECHO_INFO", "/info", "/metrics")]
    [TestCase("--metrics", "ECHO_METRICS", "/metrics", "/info")]
    public async Task What_is_turned_off_is_a_404_that_does_not_name_it(string option, string variable, string off, string on)
    {
        await using ServerProcess byOption = await ServerProcess.StartAsync([option, "false"]);
        await using ServerProcess byVariable = await ServerProcess.StartAsync([], new Dictionary<string, string> { [variable] = "false" });
        foreach (ServerProcess server in (ServerProcess[])[byOption, byVariable])
        {
            HttpReply reply = HttpReply.Get(server.Port, off);
            Assert.That(reply.Status, Is.EqualTo(404));
            Assert.That(reply.Text, Does.EndWith($"There is / (the test page), /health, {on}; WebSocket clients may connect to any path.\n"));
            Assert.That(HttpReply.Get(server.Port, on).Status, Is.EqualTo(200));
            Assert.That(HttpReply.Get(server.Port, "/health").Status, Is.EqualTo(200));
        }
    }

    private static JsonElement Parse(HttpReply reply)
    {
        Assert.That((reply.Status, reply.Fields["Cache-Control"]), Is.EqualTo((200, "no-store")));
        using JsonDocument document = JsonDocument.Parse(reply.Body);
        return document.RootElement.Clone();
    }

    private static string[] Names(JsonElement element) => [.. element.EnumerateObject().Select(property => property.Name)];

    private static string Flat(JsonElement owner, string name) => JsonSerializer.Serialize(owner.GetProperty(name));
}
