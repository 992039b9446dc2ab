using EchoServer.Tests.Support;
using EchoServer.WebSockets;

namespace EchoServer.Tests.Commands;

/// <summary><c>EchoServer client</c> as a process of its own: the tutorial's transcript, and one line when it cannot be had.</summary>
internal sealed class ClientTests
{
    [TestCase("ws")]
    [TestCase("http")]
    public async Task It_prints_the_tutorials_transcript(string scheme)
    {
        ProgramResult result = await RunAsync($"{scheme}://127.0.0.1:{SharedServers.Default.Port}");
        Assert.That(result, Is.EqualTo(new ProgramResult(
            0,
            """
            Sent Message: Hi there!
            Received Message: Hi, this is the Echo-Server
            Received Message: Echo: Hi there!
            Disconnected from Server

            """,
            "")));
    }

    [Test]
    public async Task It_sends_the_message_it_is_given()
    {
        ProgramResult result = await RunAsync(SharedServers.Default.Url("/raw").AbsoluteUri, "Grüße\tan €");
        Assert.That((result.ExitCode, result.Output), Is.EqualTo(
            (0, "Sent Message: Grüße\\tan €\nReceived Message: Grüße\\tan €\nDisconnected from Server\n")));
    }

    [Test]
    public async Task A_greeting_that_ends_like_the_message_is_not_the_end()
    {
        ProgramResult result = await RunAsync(SharedServers.Default.Url().AbsoluteUri, "Echo-Server");
        Assert.That(result.Output, Does.Contain("Received Message: Echo: Echo-Server\n"));
    }

    [Test]
    public async Task What_a_server_sends_cannot_drive_the_terminal()
    {
        await using var server = InProcessServer.Start(socket =>
        {
            socket.OnOpen = () => socket.Send("\u001b]0;title\u0007\r\nforged");
            socket.OnMessage = message => socket.Send(default, message);
        });
        ProgramResult result = await RunAsync($"ws://127.0.0.1:{server.Port}");
        Assert.That(result.Output, Does.Contain("Received Message: \\u{1b}]0;title\\u{7}\\r\\nforged\n"));
    }

    [Test]
    public async Task A_server_that_closes_before_the_echo_is_a_failure()
    {
        await using var server = InProcessServer.Start(socket => socket.OnOpen = () => socket.Close(CloseCode.TryAgainLater, "full"));
        ProgramResult result = await RunAsync($"ws://127.0.0.1:{server.Port}/x");
        Assert.That((result.ExitCode, result.Error), Is.EqualTo(
            (1, $"EchoServer: ws://127.0.0.1:{server.Port}/x: the server closed before the echo came: 1013 full\n")));
    }

    [Test]
    public async Task Nothing_that_listens_is_a_failure()
    {
        int port;
        await using (var server = InProcessServer.Start(_ => { }))
        {
            port = server.Port;
        }

        ProgramResult result = await RunAsync($"ws://127.0.0.1:{port}");
        Assert.That(result, Is.EqualTo(new ProgramResult(
            1, "", $"EchoServer: ws://127.0.0.1:{port}/: connection refused: nothing listens there\n")));
    }

    [Test]
    public async Task A_host_that_is_not_known_is_a_failure()
    {
        // RFC 6761: names under .invalid never resolve.
        ProgramResult result = await RunAsync("ws://echo.invalid");
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((1, "")));
        Assert.That(result.Error, Is.EqualTo("EchoServer: ws://echo.invalid/: the host name is not known\n"));
    }

    [Test]
    public async Task TLS_that_is_not_spoken_there_is_a_failure()
    {
        ProgramResult result = await RunAsync($"https://127.0.0.1:{SharedServers.Default.Port}");
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((1, "")));
        Assert.That(result.Error, Does.StartWith($"EchoServer: wss://127.0.0.1:{SharedServers.Default.Port}/: TLS failed: ").And.Not.Contain("\n "));
    }

    private static Task<ProgramResult> RunAsync(params string[] arguments) =>
        Programs.RunAsync(Programs.EchoServer(["client", .. arguments]));
}
