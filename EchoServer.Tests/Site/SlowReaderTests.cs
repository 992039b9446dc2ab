using EchoServer.Echo;
using EchoServer.Server;
using EchoServer.Site;

namespace EchoServer.Tests.Site;

/// <summary>A client that requests a file and does not read it: bounded like every client that does not read.</summary>
internal sealed class SlowReaderTests
{
    // More than the kernel's buffers of both sides take.
    private const int FileBytes = 16 * 1024 * 1024;

    [Test]
    public async Task It_is_cut_off_by_the_send_deadline_and_its_memory_given_back()
    {
        await using InProcessServer server = Start(new ServerOptions { SendTimeout = TimeSpan.FromMilliseconds(500) });
        using var peer = Ask(server);
        await Wait.UntilAsync(() => server.Budget.Used >= FileBytes, () => $"only {server.Budget.Used} bytes wait");
        await server.WaitUntilEmptyAsync();
        Assert.That(server.Budget.Used, Is.Zero);
        Assert.That(() => peer.ReadExactly(FileBytes), Throws.InstanceOf<IOException>().Or.InstanceOf<SocketException>());
    }

    [Test]
    public async Task It_is_cut_off_when_there_is_no_memory_for_what_it_does_not_read()
    {
        await using InProcessServer server = Start(new ServerOptions { MemoryBudgetBytes = FileBytes / 2 });
        using var peer = Ask(server);

        // Only then it is sure to have been there.
        Assert.That(peer.ReadHead(), Does.StartWith("HTTP/1.1 200 "));
        await server.WaitUntilEmptyAsync();
        Assert.That(() => peer.ReadExactly(FileBytes), Throws.InstanceOf<IOException>().Or.InstanceOf<SocketException>());
        Assert.That(server.Budget.Peak, Is.LessThan(FileBytes));
    }

    [Test]
    public async Task Who_reads_at_last_gets_all_of_it()
    {
        await using InProcessServer server = Start(new ServerOptions());
        using var peer = Ask(server);
        await Wait.UntilAsync(() => server.Budget.Used >= FileBytes, () => $"only {server.Budget.Used} bytes wait");
        HttpReply reply = HttpReply.Parse(peer.ReadToEnd());
        Assert.That(reply.Body, Has.Length.EqualTo(FileBytes));
        Assert.That(reply.Body.AsSpan().ContainsAnyExcept((byte)'x'), Is.False);
    }

    private static RawPeer Ask(InProcessServer server)
    {
        var peer = new RawPeer(server.Port);
        peer.Send(HttpReply.Request("GET", "/large"));
        return peer;
    }

    private static InProcessServer Start(ServerOptions options)
    {
        byte[] bytes = new byte[FileBytes];
        Array.Fill(bytes, (byte)'x');
        var files = new Dictionary<string, SiteFile> { ["/large"] = new("text/plain", bytes) };
        return InProcessServer.Start(
            _ => { }, options, engine => new SiteRouter(new SiteOptions(), engine.Context.Limits, new EchoOptions(), InstanceFacts.Read(_ => null), () => files));
    }
}
