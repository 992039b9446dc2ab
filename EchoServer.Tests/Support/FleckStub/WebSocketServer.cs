#nullable disable
#pragma warning disable IDE0130 // The package's namespace, not the folder's: that is what the adapter is compiled against.
using System.Net;

namespace Fleck;

/// <summary>Stands in for Fleck 1.2.0 where no feed has it: as much of it as the adapter uses, in the same order of calls.</summary>
public sealed class WebSocketServer(string location)
{
    private Action<IWebSocketConnection> _config;

    public ISocket ListenerSocket { get; set; }

    public void Start(Action<IWebSocketConnection> config)
    {
        ListenerSocket.Bind(new IPEndPoint(IPAddress.Any, 0));
        ListenerSocket.Listen(100);
        FleckLog.LogAction(LogLevel.Info, $"Server started at {location} (actual port {((IPEndPoint)ListenerSocket.LocalEndPoint).Port})", null);
        ListenerSocket.Accept(Serve, _ => { });
        _config = config;
    }

    private void Serve(ISocket client)
    {
        ListenerSocket.Accept(Serve, _ => { });
        new WebSocketConnection(client, _config).StartReceiving();
    }
}
