using EchoServer.Client;

namespace EchoServer.Tests.Client;

/// <summary>Servers that keep the connection but have stopped reading, while a pipe goes on sending.</summary>
[Slow]
[Parallelizable(ParallelScope.Children)]
internal sealed class StuckServerTests
{
    [Test]
    public async Task Pings_find_out_that_nobody_reads()
    {
        using ScriptedServer server = ScriptedServer.Upgrading((peer, _) => Thread.Sleep(ServerProcess.Patience));
        (int exitCode, string error) = await FloodAsync(server.Url, "--ping-interval", "0.2", "--timeout", Wait.LapseSeconds);
        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(error, Does.Contain("no pong came within 3 s"));
    }

    [Test]
    public async Task A_Close_is_the_end_even_when_its_answer_cannot_be_sent()
    {
        using ScriptedServer server = ScriptedServer.Upgrading((peer, _) =>
        {
            // Until the pipe is full: whoever sends then holds up the answer.
            Thread.Sleep(TimeSpan.FromSeconds(2));
            peer.Send(WireFrame.Close(1009, "too much") with { Masked = false });
            Thread.Sleep(ServerProcess.Patience);
        });
        (int exitCode, string error) = await FloodAsync(server.Url);
        Assert.That(exitCode, Is.EqualTo(3));
        Assert.That(error, Does.Contain("the server closed with 1009 MessageTooBig 'too much'"));
    }

    [Test]
    public void Pings_that_are_forgotten_still_have_no_answer()
    {
        var pings = new Pings(new ClientOptions { Connection = new() { Url = new Uri("ws://host") }, Wait = TimeSpan.Zero }, _ => Task.CompletedTask);
        pings.SendAsync([0], isAsked: false);
        Thread.Sleep(50);
        for (int number = 0; number < 10_000; number++)
        {
            pings.SendAsync([1], isAsked: false);
        }

        Assert.That(pings.OldestAge, Is.GreaterThanOrEqualTo(TimeSpan.FromMilliseconds(49)));
        Assert.That(pings.Received([0]), Is.Null);
        Assert.That(pings.Received([1]), Is.Not.Null);
    }

    /// <summary>Sends lines without an end, as <c>yes</c> does.</summary>
    private static async Task<(int ExitCode, string Error)> FloodAsync(Uri url, params string[] options)
    {
        await using var client = RunningProgram.EchoServer(["client", url.AbsoluteUri, .. options]);
        Task writing = Task.Run(async () =>
        {
            try
            {
                string line = new('y', 10_000);
                while (true)
                {
                    await client.Input.WriteLineAsync(line);
                }
            }
            catch (IOException)
            {
                // The client is gone.
            }
        });
        ProgramResult result = await client.EndAsync();
        await writing;
        return (result.ExitCode, result.Error);
    }
}
