using System.Net;
using EchoServer.Transport;

namespace EchoServer.Tests.Transport;

/// <summary>What cannot be seen of a listener from outside.</summary>
[Platform("Linux")]
[NonParallelizable]
internal sealed class EpollListenerTests
{
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(1);

    [Test]
    public async Task While_it_cannot_accept_its_thread_rests()
    {
        // A connected socket with input: epoll has something to tell all the time, and accept(2) fails each time.
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        Socket connected = await listener.AcceptSocketAsync();
        await client.GetStream().WriteAsync("x"u8.ToArray());
        await AssertRestsAsync(connected);
    }

    [Test]
    public async Task While_nobody_can_watch_what_it_accepts_its_thread_rests()
    {
        Socket socket = Listening();
        TcpClient[] crowd = [.. Enumerable.Range(0, 3).Select(_ => new TcpClient())];
        foreach (TcpClient client in crowd)
        {
            await client.ConnectAsync((IPEndPoint)socket.LocalEndPoint!);
        }

        await AssertRestsAsync(socket);
        Array.ForEach(crowd, client => client.Dispose());
    }

    [Test]
    public async Task Who_waits_is_told_that_it_is_closed()
    {
        Socket socket = Listening();
        using var epoll = new Epoll(new DescriptorTable());
        var listener = new EpollListener(socket, epoll, (_, _, _) => throw new InvalidOperationException("no client connects"));
        ValueTask<NonBlockingSocket> waiting = listener.AcceptAsync();
        Assert.That(waiting.IsCompleted, Is.False);
        listener.Dispose();
        await Assert.ThatAsync(async () => await waiting.AsTask().WaitAsync(ServerProcess.Patience), Throws.InstanceOf<ObjectDisposedException>());
    }

    [TestCase(false, TestName = "{m}(epoll)")]
    [TestCase(true, TestName = "{m}(portable)")]
    public async Task What_the_kernel_has_accepted_is_taken_in_before_it_closes(bool isPortable)
    {
        Socket socket = Listening();
        int port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        using var threads = new IoThreads(1, isPortable);
        using IListener listener = threads.Listen(socket);
        RawPeer[] waiting = [.. Enumerable.Range(0, 3).Select(_ => new RawPeer(port))];
        Assert.That(listener.TryRefuse(), Is.EqualTo(!isPortable));
        if (!isPortable)
        {
            AssertRefused(port);
        }

        listener.Close();
        foreach (RawPeer peer in waiting)
        {
            NonBlockingSocket accepted = await listener.AcceptAsync();
            accepted.Close(dropsOutput: false);
            Assert.That(peer.ReadToEnd(), Is.Empty, "a reset would throw");
            peer.Dispose();
        }

        await Assert.ThatAsync(async () => await listener.AcceptAsync(), Throws.InstanceOf<ObjectDisposedException>());
        AssertRefused(port);
    }

    [TestCase(false, TestName = "{m}(epoll)")]
    [TestCase(true, TestName = "{m}(portable)")]
    public async Task A_wait_ends_when_it_closes(bool isPortable)
    {
        using var threads = new IoThreads(1, isPortable);
        using IListener listener = threads.Listen(Listening());
        ValueTask<NonBlockingSocket> waiting = listener.AcceptAsync();
        Assert.That(waiting.IsCompleted, Is.False);
        listener.Close();
        await Assert.ThatAsync(async () => await waiting.AsTask().WaitAsync(ServerProcess.Patience), Throws.InstanceOf<ObjectDisposedException>());
    }

    private static void AssertRefused(int port) => Assert.That(
        () => new RawPeer(port),
        Throws.InstanceOf<SocketException>().With.Property(nameof(SocketException.SocketErrorCode)).EqualTo(SocketError.ConnectionRefused));

    private static Socket Listening()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        return socket;
    }

    private static async Task AssertRestsAsync(Socket socket)
    {
        string[] before = IoThreadTasks();
        using var epoll = new Epoll(new DescriptorTable());
        using var listener = new EpollListener(socket, epoll, (_, _, _) => throw new SocketException((int)SocketError.NoBufferSpaceAvailable));
        await Assert.ThatAsync(async () => await listener.AcceptAsync(), Throws.InstanceOf<SocketException>());
        string thread = IoThreadTasks().Except(before).Single();
        TimeSpan used = ProcessorTime(thread);
        await Task.Delay(Watched);

        // Processor time, not the clock's: what else the machine does adds nothing to it.
        Assert.That(ProcessorTime(thread) - used, Is.LessThan(Watched / 10));
        await Assert.ThatAsync(async () => await listener.AcceptAsync(), Throws.InstanceOf<SocketException>(), "it is tried again");
    }

    private static string[] IoThreadTasks() =>
        [.. Directory.GetDirectories("/proc/self/task").Where(task => NameOf(task) == Epoll.ThreadName)];

    private static string NameOf(string task)
    {
        try
        {
            return File.ReadAllText($"{task}/comm").Trim();
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return "";
        }
    }

    /// <summary>proc(5), schedstat: nanoseconds on a processor come first.</summary>
    private static TimeSpan ProcessorTime(string task) =>
        TimeSpan.FromMicroseconds(long.Parse(File.ReadAllText($"{task}/schedstat").Split(' ')[0], CultureInfo.InvariantCulture) / 1000.0);
}
