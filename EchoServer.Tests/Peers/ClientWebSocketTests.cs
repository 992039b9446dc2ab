using System.Net.WebSockets;

namespace EchoServer.Tests.Peers;

/// <summary>.NET's own client: a second opinion on the server's frames.</summary>
internal sealed class ClientWebSocketTests
{
    private ClientWebSocket _client = null!;
    private CancellationTokenSource _patience = null!;

    [SetUp]
    public void SetUp()
    {
        _client = new ClientWebSocket();
        _patience = new CancellationTokenSource(ServerProcess.Patience);
    }

    [TearDown]
    public void TearDown()
    {
        _client.Dispose();
        _patience.Dispose();
    }

    [Test]
    public async Task The_greeting_comes_before_the_first_echo()
    {
        await ConnectAsync("/");
        await SendAsync("Hi there!");
        Assert.That(await ReceiveAsync(), Is.EqualTo((WebSocketMessageType.Text, "Hi, this is the Echo-Server")));
        Assert.That(await ReceiveAsync(), Is.EqualTo((WebSocketMessageType.Text, "Echo: Hi there!")));
    }

    [Test]
    public async Task A_binary_message_comes_back_as_the_same_bytes([Values(0, 1, 125, 126, 65535, 65536, 1024 * 1024)] int length)
    {
        byte[] message = new byte[length];
        new Random(length).NextBytes(message);
        await ConnectAsync("/raw");
        await _client.EchoAsync(WebSocketMessageType.Binary, message, _patience.Token);
    }

    [Test]
    public async Task A_fragmented_message_comes_back_whole()
    {
        await ConnectAsync("/raw");
        await _client.EchoAsync(WebSocketMessageType.Text, "one two"u8.ToArray(), _patience.Token, fragment: 4);
    }

    [Test]
    public async Task The_closing_handshake_is_clean()
    {
        await ConnectAsync("/raw");
        await _client.CloseAsync(WebSocketCloseStatus.EndpointUnavailable, "leaving", _patience.Token);
        Assert.That(_client.State, Is.EqualTo(WebSocketState.Closed));
        Assert.That(_client.CloseStatus, Is.EqualTo(WebSocketCloseStatus.EndpointUnavailable));
    }

    [Test]
    public async Task The_first_subprotocol_is_agreed_on()
    {
        _client.Options.AddSubProtocol("first");
        _client.Options.AddSubProtocol("second");
        await ConnectAsync("/");
        Assert.That(_client.SubProtocol, Is.EqualTo("first"));
    }

    [Test]
    public async Task Keep_alive_pings_are_answered()
    {
        // The client aborts a connection whose pings stay unanswered.
        _client.Options.KeepAliveInterval = TimeSpan.FromMilliseconds(50);
        _client.Options.KeepAliveTimeout = Wait.Lapse;
        await ConnectAsync("/raw");
        Task<(WebSocketMessageType Kind, string Text)> receiving = ReceiveAsync();
        await Task.Delay(1.5 * Wait.Lapse);
        await SendAsync("after many pings");
        Assert.That((await receiving).Text, Is.EqualTo("after many pings"));
    }

    private Task ConnectAsync(string path) => _client.ConnectAsync(SharedServers.Default.Url(path), _patience.Token);

    private Task SendAsync(string text) =>
        _client.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, _patience.Token);

    private async Task<(WebSocketMessageType Kind, string Text)> ReceiveAsync()
    {
        (WebSocketMessageType kind, byte[] payload) = await _client.ReceiveMessageAsync(_patience.Token);
        return (kind, Encoding.UTF8.GetString(payload));
    }
}
