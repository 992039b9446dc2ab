using EchoServer.Connect;
using EchoServer.Load;
using EchoServer.Load.Report;

namespace EchoServer.Tests.Load;

/// <summary>A load of one connection, from connecting to closing, and its result.</summary>
internal static class LoadAgainst
{
    /// <summary>The answer to a handshake by a server that is full.</summary>
    public const string Refusal = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(200);

    /// <summary>One connection, with the waits of the command.</summary>
    public static LoadOptions Options(Uri url) => new() { Connection = new ConnectionOptions { Url = url }, Connections = 1 };

    /// <summary>One connection, and no wait longer than <see cref="Wait.Lapse"/>.</summary>
    public static LoadOptions Options(ScriptedServer server) => new()
    {
        Connection = new ConnectionOptions { Url = server.Url, Timeout = Wait.Lapse },
        Connections = 1,
        EchoTimeout = Wait.Lapse,
        CloseTimeout = Wait.Lapse,
    };

    /// <summary>An echo server that does something before it echoes the chosen message of the load's first connection.</summary>
    public static ScriptedServer Before(int chosen, Action<RawPeer, WireFrame> act) => ScriptedServer.Upgrading((peer, connection) =>
        ScriptedServer.EchoAll(peer, connection, (_, number, message) =>
        {
            if (connection == 1 && number == chosen)
            {
                act(peer, message);
            }

            return [message];
        }));

    /// <summary>An echo server that ends the load's first connection, by a reset or a FIN, before it echoes the chosen message.</summary>
    public static ScriptedServer Breaking(int chosen, bool isReset) => Before(chosen, (peer, _) =>
    {
        if (isReset)
        {
            peer.Reset();
        }
        else
        {
            peer.EndSending();
        }

        throw new IOException("as the script has it");
    });

    /// <summary>Loads the server until something has happened, and a moment longer: what else there is to happen, happens then.</summary>
    public static async Task<(LoadClient Client, LoadResult Result)> RunAsync(LoadOptions options, Func<LoadClient, bool> until)
    {
        await using var client = new LoadClient(options);
        await client.ConnectAsync();
        LoadResult result = await RunAsync(client, until);
        await client.CloseAsync();
        return (client, result);
    }

    /// <summary>Runs until something has happened, and a moment longer.</summary>
    public static async Task<LoadResult> RunAsync(LoadClient client, Func<LoadClient, bool> until)
    {
        using var stop = new CancellationTokenSource();
        Task<LoadResult> run = client.RunAsync(ServerProcess.Patience, stop.Token);
        await Wait.UntilAsync(() => until(client) || run.IsCompleted, () => $"{client.Messages} messages\n{string.Join('\n', client.Errors.Counts)}");
        await Task.WhenAny(run, Task.Delay(Moment));
        await stop.CancelAsync();
        return await run;
    }

    /// <summary>One error of this kind, and no other.</summary>
    public static void AssertOnly(LoadErrors errors, LoadError error) =>
        Assert.That(errors.Counts.Select(count => (count.Kind, count.Count)), Is.EqualTo(new[] { (error, 1L) }), string.Join('\n', errors.Counts));
}
