#nullable disable
#pragma warning disable IDE0130 // The package's namespace, not the folder's.
using System.Collections.Concurrent;

namespace Fleck;

/// <summary>A connection that records its output as words, and whose events the test raises.</summary>
public sealed class StubConnection(IWebSocketConnectionInfo info) : IWebSocketConnection
{
    private readonly ConcurrentQueue<string> _sent = new();

    /// <summary>All that was sent, in order: <c>text x</c>, <c>binary 00-FF</c>, <c>pong 01</c>, <c>close 1001</c>.</summary>
    public IReadOnlyCollection<string> Sent => _sent;

    /// <summary>What each send returns. Fleck returns null when its socket is gone.</summary>
    public Func<Task> Sending { get; set; } = () => Task.CompletedTask;

    /// <summary>Whether Fleck ends the connection by itself once its Close is written, as it does when the client takes it.</summary>
    public bool EndsAfterClose { get; set; } = true;

    public Action OnOpen { get; set; }
    public Action OnClose { get; set; }
    public Action<string> OnMessage { get; set; }
    public Action<byte[]> OnBinary { get; set; }
    public Action<byte[]> OnPing { get; set; }
    public Action<byte[]> OnPong { get; set; }
    public Action<Exception> OnError { get; set; }
    public bool IsAvailable { get; set; } = true;

    public IWebSocketConnectionInfo ConnectionInfo => info;

    public Task Send(string message) => Keep($"text {message}");

    public Task Send(byte[] message) => Keep($"binary {BitConverter.ToString(message)}");

    public Task SendPing(byte[] message) => Keep($"ping {BitConverter.ToString(message)}");

    public Task SendPong(byte[] message) => Keep($"pong {BitConverter.ToString(message)}");

    public void Close() => Close(1000);

    public void Close(int code)
    {
        if (!IsAvailable)
        {
            return;
        }

        IsAvailable = false;
        _sent.Enqueue(FormattableString.Invariant($"close {code}"));
        if (EndsAfterClose)
        {
            OnClose();
        }
    }

    private Task Keep(string what)
    {
        _sent.Enqueue(what);
        return Sending();
    }
}

public sealed class StubConnectionInfo : IWebSocketConnectionInfo
{
    public string Path { get; init; }
    public string Host { get; init; } = "localhost";
    public string Origin { get; init; }
    public string SubProtocol { get; init; }
    public string NegotiatedSubProtocol { get; init; }
    public string ClientIpAddress { get; init; } = "192.0.2.7";
    public int ClientPort { get; init; } = 1234;
    public IDictionary<string, string> Headers { get; } = new Dictionary<string, string>();
    public IDictionary<string, string> Cookies { get; } = new Dictionary<string, string>();
    public Guid Id { get; } = Guid.NewGuid();
}
