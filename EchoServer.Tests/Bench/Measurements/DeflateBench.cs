using System.Diagnostics;

namespace EchoServer.Bench.Measurements;

/// <summary>Echoes of JSON text on <c>/raw</c> with permessage-deflate, all servers in turn, with and without context takeover.</summary>
internal static class DeflateBench
{
    private const int KiB = 1024;

    // Together more than a window of 32 KiB: an echo cannot refer back to its own last time.
    private const int MinTextBytes = 128 * KiB;

    private static readonly EchoShape[] Shapes = [new("50x64Bx1", 50, 64, 1), new("50x4KiBx1", 50, 4 * KiB, 1), new("8x64KiBx1", 8, 64 * KiB, 1)];

    public static IEnumerable<EchoShape> All => Shapes;

    public static async Task RunAsync(Session session)
    {
        foreach (EchoShape shape in Shapes)
        {
            foreach (bool keepsContext in (bool[])[true, false])
            {
                await MeasureAsync(session, shape, keepsContext);
            }
        }
    }

    private static Task MeasureAsync(Session session, EchoShape shape, bool keepsContext)
    {
        Session.Say($"{shape.Name} with compression, {Words(keepsContext)}");
        return session.WithServersAsync(
            ServerKinds.Deflating.Where(kind => session.Options.Servers.Any(one => one.Key == kind.Of)),
            servers => Session.WithEachAsync(
                servers,
                server => Task.FromResult(new Load(server, shape, keepsContext, session.Stop)),
                async loads =>
                {
                    Lane[] lanes = [.. loads.Select(load => load.Lane)];
                    await Lane.WarmUpAsync(lanes, session.Options.WarmUp, session.Stop);
                    await Lane.MeasureAsync(lanes, session.Options, session.Stop);
                    session.Report.Deflate.AddRange(loads.Select(load => new DeflateEntry(
                        shape.Key, keepsContext, load.Lane.Server.Kind.Key, load.Lane.Count, load.Lane.Errors, load.Lane.Cpu, load.Lane.Rate)
                    {
                        EchoBytes = (double)load.WireBytes / load.Lane.CountInAll,
                        ResidentBytes = load.Lane.Server.Memory.Resident,
                        BytesPerConnection = (double)(load.Lane.Server.Memory.Resident - load.ResidentBefore) / shape.Connections,
                    }));
                }));
    }

    public static string Words(bool keepsContext) => keepsContext ? "context kept" : "no context";

    private sealed class Load : IAsyncDisposable
    {
        private readonly DeflateClient[] _clients;
        private readonly byte[][] _texts;
        private readonly byte[][] _messages;
        private readonly CancellationToken _stop;
        private int _next;

        public Load(RunningServer server, EchoShape shape, bool keepsContext, CancellationToken stop)
        {
            _stop = stop;
            _texts = JsonText.Make(shape.MessageBytes, Math.Max(8, MinTextBytes / shape.MessageBytes));
            _messages = [.. _texts.Select(text => DeflateClient.Message(text))];

            // One connection first: what every connection shares is there then.
            using (var first = new DeflateClient(server.Port, shape.MessageBytes, keepsContext))
            {
                first.Send(_messages[0]);
                first.ReadsEcho(_texts[0]);
            }

            ResidentBefore = server.Memory.Resident;
            _clients = [.. Enumerable.Range(0, shape.Connections).Select(_ => new DeflateClient(server.Port, shape.MessageBytes, keepsContext))];
            Lane = new Lane(server, time => Task.Run(() => Run(time)));
        }

        public Lane Lane { get; }
        public long ResidentBefore { get; }

        public long WireBytes => _clients.Sum(client => client.WireBytes);

        public ValueTask DisposeAsync()
        {
            Array.ForEach(_clients, client => client.Dispose());
            return ValueTask.CompletedTask;
        }

        private Amount Run(TimeSpan time)
        {
            long start = Stopwatch.GetTimestamp();
            long count = 0;
            long errors = 0;
            while (Stopwatch.GetElapsedTime(start) < time && !_stop.IsCancellationRequested)
            {
                int text = _next++ % _texts.Length;
                Array.ForEach(_clients, client => client.Send(_messages[text]));
                foreach (DeflateClient client in _clients)
                {
                    errors += client.ReadsEcho(_texts[text]) ? 0 : 1;
                    count++;
                }
            }

            return new Amount(count, errors, Stopwatch.GetElapsedTime(start));
        }
    }
}
