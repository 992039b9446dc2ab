using System.Diagnostics;
using System.Net.Sockets;
using EchoServer.Bench.Report;
using EchoServer.Echo;
using EchoServer.WebSockets;

namespace EchoServer.Bench.Measurements;

/// <summary>Connections made in crowds: TCP, upgrade and greeting, then a reset.</summary>
internal static class ConnectBench
{
    // Each with its crowd: a server never waits for a client.
    private const int Threads = 2;

    // As after a router's restart many come at once. One by one it is the client's waking up that is measured.
    private const int CrowdSize = 32;

    private static readonly byte[] Request = BlockingClient.Request("/");
    private static readonly byte[] Greeting = BlockingClient.Unmasked(
        Opcode.Text, System.Text.Encoding.UTF8.GetBytes(EchoOptions.DefaultGreeting));

    /// <summary>Measures all servers that speak WebSocket.</summary>
    public static Task RunAsync(Session session) => session.WithServersAsync(
        kind => kind is { IsRawTcp: false, HasRawPath: true },
        async servers =>
        {
            Session.Say("connects a second");
            Lane[] lanes = [.. servers.Select(server => new Lane(server, time => Task.Run(() => Storm(server.Port, time))))];
            await Lane.WarmUpAsync(lanes, session.Options.WarmUp, session.Stop);
            await Lane.MeasureAsync(lanes, session.Options, session.Stop);
            session.Report.Connects.AddRange(lanes.Select(lane => new ConnectEntry(
                lane.Server.Kind.Key, lane.Count, lane.Errors, lane.Cpu, lane.Rate)));
        });

    private static Amount Storm(int port, TimeSpan time)
    {
        long connections = 0;
        long errors = 0;
        var clock = Stopwatch.StartNew();
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(_ => new Thread(ConnectCrowds))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        return new Amount(connections, errors, clock.Elapsed);

        void ConnectCrowds()
        {
            while (clock.Elapsed < time)
            {
                if (TryConnectCrowd(port))
                {
                    Interlocked.Add(ref connections, CrowdSize);
                }
                else
                {
                    Interlocked.Increment(ref errors);
                }
            }
        }
    }

    private static bool TryConnectCrowd(int port)
    {
        var crowd = new List<BlockingClient>(CrowdSize);
        try
        {
            for (int i = 0; i < CrowdSize; i++)
            {
                crowd.Add(BlockingClient.Connect(port));
                crowd[i].Send(Request);
            }

            foreach (BlockingClient client in crowd)
            {
                client.ExpectUpgrade();
                client.Expect(Greeting);
                client.Reset();
            }

            return true;
        }
        catch (Exception exception) when (exception is SocketException or InvalidDataException)
        {
            return false;
        }
        finally
        {
            crowd.ForEach(client => client.Dispose());
        }
    }
}
