#nullable disable
#pragma warning disable IDE0130 // The package's namespace, not the folder's: that is what the adapter is compiled against.
using System.Net.Sockets;

namespace Fleck;

/// <summary>Fleck 1.2.0's server as the adapter sees it. It opens no socket; the test brings the connections.</summary>
public sealed class WebSocketServer(string location, bool supportDualStack = true) : IDisposable
{
    private Action<IWebSocketConnection> _config;

    /// <summary>The one that was made last.</summary>
    public static WebSocketServer Latest { get; private set; }

    /// <summary>What the next start throws; null for none.</summary>
    public static SocketException NextStartFails { get; set; }

    /// <summary>What happens in the next start between listening and returning; null for nothing.</summary>
    public static Action<WebSocketServer> DuringNextStart { get; set; }

    public ISocket ListenerSocket { get; set; } = new StubListener();

    public bool RestartAfterListenError { get; set; }

    public int Port { get; private set; }

    public string Location => location;

    public bool SupportDualStack => supportDualStack;

    /// <summary>How often it was disposed of, and whether it would have listened again after one of those times.</summary>
    public (int Count, bool WouldRestart) Disposals { get; private set; }

    public void Start(Action<IWebSocketConnection> config)
    {
        Latest = this;
        if (NextStartFails is SocketException failure)
        {
            NextStartFails = null;
            throw failure;
        }

        _config = config;
        int asked = new Uri(location).Port;
        Port = asked > 0 ? asked : 50000;
        FleckLog.LogAction(LogLevel.Info, $"Server started at {location} (actual port {Port})", null);
        Action<WebSocketServer> during = DuringNextStart;
        DuringNextStart = null;
        during?.Invoke(this);
    }

    public void Dispose() => Disposals = (Disposals.Count + 1, Disposals.WouldRestart || RestartAfterListenError);

    /// <summary>What Fleck does with a connection whose request it has read and not answered yet.</summary>
    public StubConnection Accept(string path = "/", string origin = null, string subProtocol = null)
    {
        var connection = new StubConnection(new StubConnectionInfo { Path = path, Origin = origin, NegotiatedSubProtocol = subProtocol });
        _config(connection);
        return connection;
    }
}

public sealed class StubListener : ISocket
{
    public bool NoDelay { get; set; }
}
