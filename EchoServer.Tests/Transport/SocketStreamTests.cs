using System.Net;
using EchoServer.Transport;

namespace EchoServer.Tests.Transport;

/// <summary>A non-blocking socket as a stream, with epoll and without.</summary>
[TestFixture(false)]
[TestFixture(true)]
internal sealed class SocketStreamTests(bool isPortable)
{
    private IoThreads _threads = null!;
    private Socket _peer = null!;
    private NonBlockingSocket _socket = null!;
    private SocketStream _stream = null!;

    [SetUp]
    public async Task ConnectAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(listener.LocalEndpoint);
        _peer = await listener.AcceptSocketAsync();
        _threads = new IoThreads(1, isPortable);
        _socket = _threads.Watch(socket);
        _stream = new SocketStream(_socket);
    }

    [TearDown]
    public void Close()
    {
        _peer.Dispose();
        _socket.Close(dropsOutput: true);
        _stream.Dispose();
        _threads.Dispose();
    }

    [Test]
    public async Task Bytes_go_both_ways_however_late_the_other_end_is()
    {
        byte[] sent = new byte[16 * 1024 * 1024];
        Random.Shared.NextBytes(sent);
        Task writing = _stream.WriteAsync(sent).AsTask();
        Assert.That(writing.IsCompleted, Is.False, "larger than the kernel's buffers");
        byte[] received = new byte[sent.Length];
        await using var peer = new NetworkStream(_peer);
        await peer.ReadExactlyAsync(received).AsTask().WaitAsync(ServerProcess.Patience);
        await writing.WaitAsync(ServerProcess.Patience);
        Assert.That(received.AsSpan().SequenceEqual(sent));

        Task<int> reading = _stream.ReadAsync(received).AsTask();
        Assert.That(reading.IsCompleted, Is.False, "nothing was sent yet");
        await peer.WriteAsync(new byte[] { 1, 2, 3 });
        Assert.That(await reading.WaitAsync(ServerProcess.Patience), Is.EqualTo(3));
        Assert.That(received[..3], Is.EqualTo(new byte[] { 1, 2, 3 }));
    }

    [Test]
    public async Task The_end_is_0_bytes_and_a_reset_an_exception()
    {
        _peer.Shutdown(SocketShutdown.Send);
        Assert.That(await _stream.ReadAsync(new byte[8]).AsTask().WaitAsync(ServerProcess.Patience), Is.Zero);
        Close();
        await ConnectAsync();
        _peer.LingerState = new LingerOption(enable: true, seconds: 0);
        _peer.Dispose();
        Assert.That(
            async () => await _stream.ReadAsync(new byte[8]).AsTask().WaitAsync(ServerProcess.Patience),
            Throws.InstanceOf<SocketException>().With.Property(nameof(SocketException.SocketErrorCode)).EqualTo(SocketError.ConnectionReset));
    }

    [Test]
    public async Task A_call_that_is_cancelled_ends()
    {
        using var stop = new CancellationTokenSource();
        Task<int> reading = _stream.ReadAsync(new byte[8], stop.Token).AsTask();
        Assert.That(reading.IsCompleted, Is.False);
        await stop.CancelAsync();
        Assert.That(async () => await reading.WaitAsync(ServerProcess.Patience), Throws.InstanceOf<OperationCanceledException>());
    }
}
