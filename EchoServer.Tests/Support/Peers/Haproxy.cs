namespace EchoServer.Tests.Support.Peers;

/// <summary>
/// Debian's haproxy as Cloud Foundry's router: ends TLS, writes header names its own way and adds its own headers, spreads
/// connections over instances and takes those out that are not healthy. A process of its own; ends with the test.
/// </summary>
internal sealed class Haproxy(string folder, Process process, int port, bool isSecure) : IAsyncDisposable
{
    public const string Executable = "/usr/sbin/haproxy";

    private readonly ConcurrentQueue<string> _errors = new();

    public int Port => port;

    public int Id => process.Id;

    public Uri Url(string path = "/", string host = "localhost") => new($"{(isSecure ? "wss" : "ws")}://{host}:{Port}{path}");

    public Uri HttpUrl(string path = "/", string host = "localhost") => new($"{(isSecure ? "https" : "http")}://{host}:{Port}{path}");

    public static async Task<Haproxy> StartAsync(HaproxyOptions options)
    {
        Requires.Haproxy();
        int port = options.Port > 0 ? options.Port : FreePort.Find();
        string folder = Directory.CreateTempSubdirectory("echo-haproxy-").FullName;
        string file = Path.Combine(folder, "haproxy.cfg");
        await File.WriteAllTextAsync(file, HaproxyConfiguration.Write(options, port, AdminSocket(folder)));
        ProcessStartInfo start = Programs.Start(Executable, ["-db", "-f", file]);
        options.Namespace?.Enter(start);
        Process process = Process.Start(start)!;
        var proxy = new Haproxy(folder, process, port, options.Certificate is not null);
        process.ErrorDataReceived += (_, line) => proxy._errors.Enqueue(line.Data ?? "");
        process.BeginErrorReadLine();

        // Its own socket and the one for clients begin to listen together.
        return await proxy.StartedAsync(() =>
            Wait.UntilAsync(proxy.HasBegunAsync, () => $"haproxy does not listen: {string.Join('\n', proxy._errors)}"));
    }

    public async Task<IReadOnlyList<HaproxyInstance>> InstancesAsync()
    {
        string[] lines = (await AskAsync("show stat")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] names = lines[0].TrimStart('#', ' ').Split(',');
        return
        [
            .. lines.Skip(1).Select(line => line.Split(','))
                .Where(row => Cell(row, "pxname") == "instances" && Cell(row, "svname") != "BACKEND")
                .Select(row => new HaproxyInstance(
                    Cell(row, "svname"), Cell(row, "status"), int.Parse(Cell(row, "scur")), long.Parse(Cell(row, "stot")))),
        ];

        string Cell(string[] row, string name) => row[Array.IndexOf(names, name)];
    }

    /// <summary>Waits until it sees an instance so.</summary>
    public Task WaitForAsync(string name, bool isUp) => Wait.UntilAsync(
        async () => (await InstancesAsync()).Single(instance => instance.Name == name).IsUp == isUp,
        () => $"instance {name} is still {(isUp ? "down" : "up")}");

    /// <summary>Ends it, and with it every connection through it, without a Close frame.</summary>
    public async ValueTask DisposeAsync()
    {
        await Programs.EndAsync(process);
        Directory.Delete(folder, recursive: true);
    }

    private static string AdminSocket(string folder) => Path.Combine(folder, "admin.sock");

    private async Task<bool> HasBegunAsync()
    {
        if (process.HasExited)
        {
            process.WaitForExit();
            throw new InvalidOperationException($"haproxy ended: {string.Join('\n', _errors)}");
        }

        try
        {
            return (await AskAsync("show info")).Contains("Uptime", StringComparison.Ordinal);
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private async Task<string> AskAsync(string command)
    {
        using var patience = new CancellationTokenSource(ServerProcess.Patience);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(AdminSocket(folder)), patience.Token);
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(command + "\n"), patience.Token);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(patience.Token);
    }
}

/// <summary>An instance behind a <see cref="Haproxy"/>.</summary>
/// <param name="Name">Its number.</param>
/// <param name="Status">Such as <c>UP</c>, <c>DOWN</c>, <c>no check</c>.</param>
/// <param name="Open">Connections to it now.</param>
/// <param name="Total">Connections to it so far.</param>
internal sealed record HaproxyInstance(string Name, string Status, int Open, long Total)
{
    public bool IsUp => Status is "UP" or "no check" || Status.StartsWith("UP ", StringComparison.Ordinal);
}
