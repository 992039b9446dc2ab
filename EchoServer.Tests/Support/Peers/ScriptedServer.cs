using System.Net;
using System.Security.Cryptography;

namespace EchoServer.Tests.Support.Peers;

/// <summary>What a scripted server does with a message: the number of its connection, its own number there, from 0, and it.</summary>
internal delegate IEnumerable<WireFrame> EchoScript(int connection, int number, WireFrame message);

/// <summary>A WebSocket server that can do what no good one would. Each connection has a thread; connection 0 is the first.</summary>
internal sealed class ScriptedServer : IDisposable
{
    /// <summary>The answer to a request that is not for a WebSocket.</summary>
    public const string NotFound = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Action<RawPeer, int> _serve;
    private readonly Lock _lock = new();
    private readonly List<RawPeer> _peers = [];

    public ScriptedServer(Action<RawPeer, int> serve)
    {
        _serve = serve;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        new Thread(Accept) { IsBackground = true }.Start();
    }

    /// <summary>The heads of the requests so far, where the server reads them itself.</summary>
    public IReadOnlyCollection<string> Requests { get; private init; } = [];

    /// <summary>Returns the line of each of these requests that begins so.</summary>
    public IEnumerable<string> RequestLines(string start) =>
        Requests.Select(request => request.Split("\r\n").Single(line => line.StartsWith(start, StringComparison.Ordinal)));

    public Uri Url => new($"ws://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}/");

    /// <summary>A server whose WebSockets go by a script.</summary>
    /// <param name="talk">What happens on a WebSocket behind the handshake.</param>
    /// <param name="answer">The answer to the request of a connection; null for <see cref="Accept(string, string[])"/>.</param>
    public static ScriptedServer Upgrading(Action<RawPeer, int> talk, Func<string, int, string>? answer = null)
    {
        var requests = new ConcurrentQueue<string>();
        return new((peer, connection) =>
        {
            string request = peer.ReadHead();
            requests.Enqueue(request);
            string head = answer?.Invoke(request, connection) ?? Accept(request);
            peer.Send(head);
            if (head.Contains("HTTP/1.1 101 ", StringComparison.Ordinal))
            {
                talk(peer, connection);
            }
        })
        {
            Requests = requests,
        };
    }

    /// <summary>A server that gives one answer to each request.</summary>
    public static ScriptedServer Answering(string answer) => Upgrading((_, _) => { }, (_, _) => answer);

    /// <summary>The same, and it keeps the connection open.</summary>
    public static ScriptedServer AnsweringAndStaying(string answer) => new((peer, _) =>
    {
        peer.ReadHead();
        peer.Send(answer);
        peer.ReadToEndAndDrop();
    });

    /// <summary>A server that echoes, or gives the answers to requests that are not a 101.</summary>
    public static ScriptedServer Echoing(Func<string, int, string>? answer = null) =>
        Upgrading((peer, connection) => EchoAll(peer, connection, (_, _, message) => Echo(message)), answer);

    /// <summary>A server that upgrades as it should, and answers messages and Close frames by a script.</summary>
    public static ScriptedServer Echoing(EchoScript script, Func<string, int, string> answer) =>
        Upgrading((peer, connection) => EchoAll(peer, connection, script), answer);

    /// <summary>The same, with greetings first.</summary>
    public static ScriptedServer Echoing(EchoScript script, params string[] greetings) => Upgrading((peer, connection) =>
    {
        Array.ForEach(greetings, text => peer.Send(WireFrame.Text(text) with { Masked = false }));
        EchoAll(peer, connection, script);
    });

    public static IEnumerable<WireFrame> Echo(WireFrame message) => [message];

    /// <summary>Answers messages by a script, pongs not, and the first Close in kind.</summary>
    public static void EchoAll(RawPeer peer, int connection, EchoScript script)
    {
        int number = 0;
        while (peer.ReadFrame() is WireFrame frame)
        {
            if (frame.Opcode == WireFrame.CloseOpcode)
            {
                peer.Send(frame with { Masked = false });
                return;
            }

            if (frame.Opcode != WireFrame.PongOpcode)
            {
                byte[] answer = WireFrame.Join(script(connection, number++, frame).Select(echo => echo with { Masked = false }));
                peer.Send(answer.AsSpan());
            }
        }
    }

    /// <summary>RFC 6455 §4.2.2: the answer that agrees to a request, with more lines where they are given; 404 where it is not for a WebSocket.</summary>
    public static string Accept(string request, params string[] extraLines)
    {
        string? key = request.Split("\r\n").FirstOrDefault(line => line.StartsWith("Sec-WebSocket-Key: ", StringComparison.Ordinal))?[19..];
        if (key is null)
        {
            return NotFound;
        }

        string accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
        string more = string.Concat(extraLines.Select(line => line + "\r\n"));
        return $"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n{more}\r\n";
    }

    public void Dispose()
    {
        _listener.Dispose();
        lock (_lock)
        {
            _peers.ForEach(peer => peer.Dispose());
        }
    }

    private void Accept()
    {
        try
        {
            for (int number = 0; ; number++)
            {
                var peer = new RawPeer(_listener.Accept());
                lock (_lock)
                {
                    _peers.Add(peer);
                }

                int connection = number;
                new Thread(() => Serve(peer, connection)) { IsBackground = true }.Start();
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private void Serve(RawPeer peer, int connection)
    {
        try
        {
            _serve(peer, connection);
            peer.End();
        }
        catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException)
        {
            // The client is gone, or the test is over.
        }
    }
}
