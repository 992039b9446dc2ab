namespace EchoServer.Bench.Measurements;

/// <summary>The tutorial's server and ours do what the tutorial's does: greeting, prefix, a line in the log for each message.</summary>
internal static class TutorialBench
{
    private const string LogLine = "Received Message";

    private static readonly EchoShape[] Shapes = [.. EchoShape.All.Where(shape => shape.Key is EchoShape.Small or EchoShape.Pipelined)];
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan SettleTimeout = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(Session session)
    {
        foreach (EchoShape shape in Shapes)
        {
            await RunAsync(session, shape);
        }
    }

    private static async Task RunAsync(Session session, EchoShape shape)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("echo-bench-");
        try
        {
            string LogFile(ServerKind kind) => Path.Combine(folder.FullName, $"{kind.Key}.log");
            await session.WithServersAsync(
                session.Options.Servers.Where(kind => kind.LoggingArguments is not null),
                servers => MeasureAsync(session, shape, servers, LogFile),
                LogFile);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Task MeasureAsync(
        Session session, EchoShape shape, IReadOnlyList<RunningServer> servers, Func<ServerKind, string> logFile)
    {
        Session.Say($"{shape.Name} with greeting, prefix and log line");
        return Session.WithEachAsync(
            servers,
            server => EchoLoad.OpenAsync(
                server, shape, raw: false, isText: true, session.Stop, () => SettleAsync(logFile(server.Kind), session.Stop)),
            async loads =>
            {
                Lane[] lanes = [.. loads.Select(load => load.Lane)];
                await Lane.WarmUpAsync(lanes, session.Options.WarmUp, session.Stop);
                await Lane.MeasureAsync(lanes, session.Options, session.Stop);
                session.Report.Tutorial.AddRange(lanes.Select(lane => new TutorialEntry(
                    shape.Key, lane.Server.Kind.Key, lane.Count, lane.Errors, lane.Cpu, lane.Rate,
                    (double)CountLines(logFile(lane.Server.Kind)) / lane.CountInAll)));
            });
    }

    // A log that is written by another thread is written after the echo: its cost belongs to the round.
    private static async Task SettleAsync(string file, CancellationToken stop)
    {
        long end = Environment.TickCount64 + (long)SettleTimeout.TotalMilliseconds;
        long length;
        do
        {
            length = new FileInfo(file).Length;
            await Task.Delay(LookAgain, stop);
        }
        while (new FileInfo(file).Length != length && Environment.TickCount64 < end);
    }

    private static long CountLines(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        long count = 0;
        while (reader.ReadLine() is string line)
        {
            count += line.Contains(LogLine, StringComparison.Ordinal) ? 1 : 0;
        }

        return count;
    }
}
