using System.Net;
using System.Net.Sockets;

namespace EchoServer.Tests.Support;

/// <summary>A port for a program that must be told one.</summary>
internal static class FreePort
{
    /// <summary>Finds one that nobody listens on. Somebody else may take it at any time: where a program can say which port it took, let it.</summary>
    public static int Find()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)listener.LocalEndPoint!).Port;
    }
}
