using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EchoServer.Tests.Support.Peers;

/// <summary>An HTTP proxy that opens tunnels (RFC 9110 §9.3.6), and may want to know who asks.</summary>
internal sealed class ConnectProxy : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly string? _authorization;
    private readonly List<string> _targets = [];

    /// <param name="user">Who may pass, as <c>user:password</c>; null for everybody.</param>
    public ConnectProxy(string? user = null)
    {
        _authorization = user is null ? null : $"Proxy-Authorization: Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(user))}\r\n";
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        new Thread(Accept) { IsBackground = true }.Start();
    }

    public string Address => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}";

    /// <summary>Where tunnels were opened to.</summary>
    public IReadOnlyList<string> Targets
    {
        get
        {
            lock (_targets)
            {
                return [.. _targets];
            }
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Accept()
    {
        try
        {
            while (true)
            {
                Socket socket = _listener.Accept();
                new Thread(() => Serve(socket)) { IsBackground = true }.Start();
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private void Serve(Socket accepted)
    {
        using var client = new RawPeer(accepted);
        try
        {
            string head = client.ReadHead();
            while (_authorization is not null && !head.Contains(_authorization, StringComparison.Ordinal))
            {
                client.Send("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"test\"\r\nContent-Length: 0\r\n\r\n");
                head = client.ReadHead();
            }

            string target = head.Split(' ')[1];
            lock (_targets)
            {
                _targets.Add($"{head.Split(' ')[0]} {target}");
            }

            using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            server.Connect(IPAddress.Loopback, int.Parse(target.Split(':')[^1]));
            client.Send("HTTP/1.1 200 OK\r\n\r\n");
            using var near = new NetworkStream(client.Socket);
            using var far = new NetworkStream(server);
            Task.WhenAny(near.CopyToAsync(far), far.CopyToAsync(near)).Wait(ServerProcess.Patience);
        }
        catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException)
        {
            // The client is gone.
        }
    }
}
