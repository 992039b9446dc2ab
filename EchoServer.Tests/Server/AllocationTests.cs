using System.Net;
using EchoServer.Commands.Logging;
using EchoServer.Echo;
using EchoServer.Server;
using EchoServer.WebSockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EchoServer.Tests.Server;

/// <summary>An echo allocates nothing: counted, not believed.</summary>
[NonParallelizable]
[WholeMachine]
internal sealed class AllocationTests
{
    private const int WarmUp = 5_000;
    private const int MessagesPerRound = 1_000;
    private const int MaxRounds = 20;

    [TestCase(false, 0, "/raw", TestName = "{m}(empty text)")]
    [TestCase(false, 1, "/", TestName = "{m}(text of 1 byte, with prefix)")]
    [TestCase(false, 64, "/", TestName = "{m}(text of 64 bytes, with prefix)")]
    [TestCase(false, 64, "/raw", TestName = "{m}(text of 64 bytes, raw)")]
    [TestCase(true, 64, "/", TestName = "{m}(binary of 64 bytes)")]
    [TestCase(true, 4096, "/raw", TestName = "{m}(binary of 4 KiB)")]
    [TestCase(false, 16 * 1024, "/", TestName = "{m}(text of 16 KiB, with prefix)")]
    [TestCase(true, 64 * 1024, "/raw", TestName = "{m}(binary of 64 KiB)")]
    public Task Echoing_a_message_allocates_nothing(bool binary, int size, string path)
    {
        byte[] payload = new byte[size];
        Array.Fill(payload, (byte)'x');
        return CheckAsync(binary ? WireFrame.Binary(payload) : WireFrame.Text(payload), path);
    }

    [TestCase(LogFormat.Text, false, 64)]
    [TestCase(LogFormat.Json, false, 64)]
    [TestCase(LogFormat.Json, false, 4096)]
    [TestCase(LogFormat.Text, true, 64)]
    public async Task Echoing_and_logging_a_message_allocates_nothing(LogFormat format, bool binary, int size)
    {
        using var queue = new LogQueue(Stream.Null, format);
        byte[] payload = [.. Enumerable.Repeat("né"u8.ToArray(), size / 3).SelectMany(bytes => bytes)];
        await CheckAsync(queue.CreateLogger("Echo"), binary ? WireFrame.Binary(payload) : WireFrame.Text(payload), "/raw");
    }

    [TestCase(1_000, true)]
    [TestCase(1_000, false)]
    [TestCase(64 * 1024, true)]
    [TestCase(64 * 1024, false)]
    public Task Echoing_a_compressed_message_allocates_nothing(int size, bool keepsContext)
    {
        var frame = new WireFrame(WireFrame.TextOpcode, Deflated.Message(Deflated.Json(size)), Rsv: 4);
        string context = keepsContext ? "" : "; server_no_context_takeover; client_no_context_takeover";
        return CheckAsync(frame, "/raw", $"Sec-WebSocket-Extensions: permessage-deflate{context}");
    }

    /// <summary>From one handshake to the next, everything that accepting, answering and greeting allocate: docs/performance.md counts it.</summary>
    [Test]
    public async Task A_connection_allocates_little_more_than_it_keeps()
    {
        const int connections = 500;
        const long atMost = 1100;
        long[] allocated = new long[connections];
        int opened = 0;
        await using var server = new WebSocketServer(
            new ServerOptions { Host = IPAddress.Loopback, Port = 0, IoThreads = 1 }, NullLoggerFactory.Instance);
        EchoHandlers.Start(new ObservedServer(server, _ => allocated[opened++] = GC.GetAllocatedBytesForCurrentThread()), new EchoOptions(), NullLogger.Instance);
        var peers = new List<RawPeer>();
        try
        {
            for (int i = 0; i < connections; i++)
            {
                peers.Add(RawPeer.Open(server.EndPoint!.Port, "/raw"));
            }
        }
        finally
        {
            peers.ForEach(peer => peer.Dispose());
        }

        // Tables grow now and then: the median is one connection's own.
        long[] each = [.. allocated.Zip(allocated.Skip(1), (before, after) => after - before).Order()];
        await TestContext.Out.WriteLineAsync($"a connection allocates {each[connections / 2]} bytes, {each[0]} to {each[^1]}");
        Assert.That(each[connections / 2], Is.InRange(1, atMost));
    }

    private static Task CheckAsync(WireFrame frame, string path, params string[] lines) => CheckAsync(null, frame, path, lines);

    private static async Task CheckAsync(ILogger? messages, WireFrame frame, string path, params string[] lines)
    {
        var options = new EchoOptions { LogMessages = messages is not null };
        var meter = new Meter();
        await using var server = InProcessServer.Start(
            (engine, log) => EchoHandlers.Start(new ObservedServer(engine, meter.Observe), options, messages ?? log.CreateLogger("Echo")),
            new ServerOptions { Compression = lines.Length > 0 });
        using RawPeer peer = RawPeer.Ask(server.Port, RawPeer.UpgradeRequest(path, lines));
        Assert.That(peer.ReadHead().Contains("Sec-WebSocket-Extensions", StringComparison.Ordinal), Is.EqualTo(lines.Length > 0));
        if (path == "/")
        {
            peer.ReadText();
        }

        byte[] message = frame.ToBytes();

        // Pools fill, and the runtime replaces its first, unoptimised code.
        Echo(peer, message, WarmUp);

        // What else the test's process and its runner allocate meanwhile only adds: the least of the rounds is the echo's own.
        var byLoop = new List<long>();
        var inAll = new List<long>();
        bool IsFree() => byLoop.Contains(0) && inAll.Exists(bytes => bytes / MessagesPerRound == 0);
        while (byLoop.Count < MaxRounds && !IsFree())
        {
            meter.Reset();
            long before = GC.GetTotalAllocatedBytes(precise: true);
            Echo(peer, message, MessagesPerRound);
            inAll.Add(GC.GetTotalAllocatedBytes(precise: true) - before);
            byLoop.Add(meter.Bytes);
            Assert.That(meter.Steps, Is.GreaterThan(MessagesPerRound / 2), "the meter saw too little");
        }

        Assert.That(IsFree(), Is.True, $"bytes by the loop's threads: {string.Join(' ', byLoop)}; by all: {string.Join(' ', inAll)}");
    }

    private static void Echo(RawPeer peer, byte[] message, int count)
    {
        for (int i = 0; i < count; i++)
        {
            peer.Send(message.AsSpan());
            peer.SkipFrame();
        }
    }

    /// <summary>
    /// Adds up what each thread that handles a message has allocated since it handled one before: the callback, the send, the
    /// wait, the receive and the parsing in between. The runtime may move the loop to another thread at every wait.
    /// </summary>
    private sealed class Meter
    {
        // Rounds are numbered through all tests, so that no thread remembers another test's.
        private static int _rounds;

        [ThreadStatic]
        private static (int Round, long Allocated) _last;

        private int _round;

        public long Bytes { get; private set; }

        public int Steps { get; private set; }

        public void Reset() => (Bytes, Steps, _round) = (0, 0, Interlocked.Increment(ref _rounds));

        /// <summary>Reads itself before each message of a connection.</summary>
        public void Observe(IWebSocketConnection socket)
        {
            Action<Message> read = _ => Read();
            socket.OnMessage = read + socket.OnMessage;
        }

        private void Read()
        {
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            if (_last.Round == _round)
            {
                Bytes += allocated - _last.Allocated;
                Steps++;
            }

            _last = (_round, allocated);
        }
    }

    /// <summary>An engine that shows each new connection once its callbacks are set.</summary>
    private sealed class ObservedServer(IWebSocketServer inner, Action<IWebSocketConnection> observe) : IWebSocketServer
    {
        public IPEndPoint? EndPoint => inner.EndPoint;

        public void Start(Action<IWebSocketConnection> configure) => inner.Start(socket =>
        {
            configure(socket);
            observe(socket);
        });

        public Task StopAsync(TimeSpan timeout) => inner.StopAsync(timeout);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
