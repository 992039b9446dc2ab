using System.Net;

namespace EchoServer.Tests.Support;

/// <summary>A port for a program that must be told one.</summary>
/// <remarks>
/// It is below the range from which the kernel takes ports (ip_local_port_range begins at 32768), so that no socket of another test
/// gets it by chance, and it is found only once.
/// </remarks>
internal static class FreePort
{
    private const int First = 10_000;
    private const int Count = 20_000;

    // Another run on this machine begins elsewhere.
    private static int _last = Random.Shared.Next(Count);

    public static int Find()
    {
        for (int attempt = 0; attempt < Count; attempt++)
        {
            int port = First + (int)((uint)Interlocked.Increment(ref _last) % Count);
            if (IsFree(port))
            {
                return port;
            }
        }

        throw new InvalidOperationException($"every port from {First} to {First + Count - 1} is taken");
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            return true;
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return false;
        }
    }
}
