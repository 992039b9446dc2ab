using System.Net;
using EchoServer.Echo;
using EchoServer.Server;
using EchoServer.WebSockets;
using Microsoft.Extensions.Logging.Abstractions;

namespace EchoServer.Bench.Measurements;

/// <summary>Managed bytes that our server allocates for each message: counted by the runtime, with the server in this process.</summary>
internal static class AllocationBench
{
    private const int KiB = 1024;
    private const int MiB = 1024 * KiB;
    private const int WarmUpMessages = 2_000;
    private const long BytesPerRound = 16 * MiB;
    private const int MaxMessagesPerRound = 1_000;

    private static readonly (string Path, bool IsText, int Bytes)[] Cases =
    [
        ("/raw", false, 64), ("/raw", false, 4 * KiB), ("/raw", false, 64 * KiB),
        ("/", true, 64), ("/", true, 4 * KiB), ("/", true, 64 * KiB),
        ("/raw", false, MiB), ("/raw", true, MiB),
    ];

    public static async Task RunAsync(Session session)
    {
        Session.Say("allocated bytes");
        await using var server = new WebSocketServer(new ServerOptions { Host = IPAddress.Loopback, Port = 0 }, NullLoggerFactory.Instance);
        EchoHandlers.Start(server, new EchoOptions { LogMessages = false }, NullLogger.Instance);
        foreach ((string path, bool isText, int bytes) in Cases)
        {
            session.Stop.ThrowIfCancellationRequested();
            double allocated = await Task.Run(() => Measure(server.EndPoint!.Port, path, isText, bytes, session.Options.Rounds));
            session.Report.Allocations.Add(new AllocationEntry(path, isText, bytes, allocated));
        }
    }

    private static double Measure(int port, string path, bool isText, int bytes, int rounds)
    {
        Opcode opcode = isText ? Opcode.Text : Opcode.Binary;
        byte[] payload = new byte[bytes];
        Array.Fill(payload, (byte)'x');
        byte[] message = BlockingClient.Masked(opcode, payload);
        byte[] prefix = System.Text.Encoding.UTF8.GetBytes(EchoOptions.DefaultPrefix);
        byte[] echo = BlockingClient.Unmasked(opcode, path == "/raw" || !isText ? payload : [.. prefix, .. payload]);

        using BlockingClient client = BlockingClient.Connect(port, bufferSize: 128 * KiB);
        client.Upgrade(BlockingClient.Request(path));
        if (path != "/raw")
        {
            client.Expect(BlockingClient.Unmasked(Opcode.Text, System.Text.Encoding.UTF8.GetBytes(EchoOptions.DefaultGreeting)));
        }

        int count = (int)Math.Min(MaxMessagesPerRound, BytesPerRound / bytes);
        Echo(Math.Min(WarmUpMessages, count * 4));

        // What the process allocates besides only adds: the least of the rounds is the echo's own.
        long least = long.MaxValue;
        for (int round = 0; round < rounds; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            Echo(count);
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        return (double)least / count;

        void Echo(int times)
        {
            for (int i = 0; i < times; i++)
            {
                client.Send(message);
                client.Expect(echo);
            }
        }
    }
}
