namespace EchoServer.Tests.Support.Peers;

/// <summary>An HTTP proxy that opens tunnels (RFC 9110 §9.3.6), with or without authentication.</summary>
internal sealed class ConnectProxy : IDisposable
{
    private readonly ScriptedServer _server;
    private readonly string? _authorization;
    private readonly ConcurrentQueue<string> _targets = new();

    public ConnectProxy(string? user = null)
    {
        _authorization = user is null ? null : $"Proxy-Authorization: Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(user))}\r\n";
        _server = new ScriptedServer((client, _) => Serve(client));
    }

    public string Address => _server.Url.Authority;

    public IReadOnlyList<string> Targets => [.. _targets];

    public void Dispose() => _server.Dispose();

    private void Serve(RawPeer client)
    {
        string head = client.ReadHead();
        while (_authorization is not null && !head.Contains(_authorization, StringComparison.Ordinal))
        {
            client.Send("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"test\"\r\nContent-Length: 0\r\n\r\n");
            head = client.ReadHead();
        }

        string target = head.Split(' ')[1];
        _targets.Enqueue($"{head.Split(' ')[0]} {target}");
        using var server = new RawPeer(int.Parse(target.Split(':')[^1]));
        client.Send("HTTP/1.1 200 OK\r\n\r\n");
        client.Join(server);
    }
}
