using EchoServer.Connect;
using EchoServer.Load;

namespace EchoServer.Bench.Measurements;

/// <summary>Connections that do nothing: how much memory each of them takes.</summary>
internal static class IdleBench
{
    // Fills caches before the memory is read: compiled code, pools, threads.
    private static readonly EchoShape WarmUpShape = new("", 50, 64, 1);

    /// <summary>Measures every server, one after the other: both ends of that many connections are in this machine's memory.</summary>
    public static async Task RunAsync(Session session)
    {
        foreach (ServerKind kind in session.Options.Servers.Where(kind => kind.HasRawPath))
        {
            try
            {
                await session.WithServersAsync([kind], servers => MeasureAsync(session, servers[0]));
            }
            catch (ConnectionFailedException exception)
            {
                // Too few files may be open: what else was measured is not lost for that.
                Session.Say($"no idle connections to {kind.Key}: {exception.Message}");
            }
        }
    }

    private static async Task MeasureAsync(Session session, RunningServer server)
    {
        int connections = session.Options.IdleConnections;
        Session.Say($"{connections:N0} idle connections to {server.Kind.Key}");
        await using (EchoLoad warmUp = await EchoLoad.OpenAsync(server, WarmUpShape, raw: true, session.Options.IsText, session.Stop))
        {
            await Lane.WarmUpAsync([warmUp.Lane], session.Options.WarmUp, session.Stop);
        }

        await Task.Delay(session.Options.IdleTime, session.Stop);
        long before = server.Memory.Resident;
        await using var client = new LoadClient(new LoadOptions { Connection = new ConnectionOptions { Url = server.Url(raw: true) }, Connections = connections, IsHeldOnly = true });
        await client.ConnectAsync(session.Stop);
        await client.RunAsync(session.Options.IdleTime, session.Stop);
        session.Stop.ThrowIfCancellationRequested();
        session.Report.Idle.Add(new IdleEntry(
            server.Kind.Key, connections, connections - client.Open + client.Errors.Total, before, server.Memory.Resident));
    }
}
