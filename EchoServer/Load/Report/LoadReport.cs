using EchoServer.Load.Opening;
using EchoServer.WebSockets;

namespace EchoServer.Load.Report;

/// <summary>What a load came to, for a person (<see cref="LoadReportText"/>) or a program (<see cref="LoadReportJson"/>).</summary>
internal sealed class LoadReport
{
    /// <summary>The percentiles of a report: as text, as a name in JSON, as a number.</summary>
    internal static readonly (string Text, string Name, double Percent)[] Percentiles =
        [("p50", "p50", 50), ("p90", "p90", 90), ("p99", "p99", 99), ("p99.9", "p99_9", 99.9)];

    /// <param name="options">The load.</param>
    /// <param name="client">Who put it on, closed by now.</param>
    /// <param name="result">What its run came to.</param>
    /// <param name="openAtEnd">How many connections were open when the run was over.</param>
    internal LoadReport(LoadOptions options, LoadClient client, LoadResult result, int openAtEnd)
    {
        Options = options;
        Result = result;
        OpenAtEnd = openAtEnd;
        Opened = client.Opened;
        ConnectElapsed = client.ConnectElapsed;
        Errors = client.Errors.Counts;
        CloseCodes = client.Errors.CloseCodes;
        Reconnects = client.Reconnects;
    }

    internal LoadOptions Options { get; }

    internal LoadResult Result { get; }

    /// <summary>How many connections were open when the run was over.</summary>
    internal int OpenAtEnd { get; }

    /// <summary>How many connections were opened.</summary>
    internal int Opened { get; }

    /// <summary>How long opening them took.</summary>
    internal TimeSpan ConnectElapsed { get; }

    internal IReadOnlyList<LoadErrorCount> Errors { get; }

    internal IReadOnlyList<(CloseCode Code, long Count)> CloseCodes { get; }

    /// <summary>What became of the connections that the server ended; null when they were not opened again.</summary>
    internal ReconnectResult? Reconnects { get; }

    /// <summary>Whether there was something to see, and nothing was wrong with it.</summary>
    internal bool IsFine => Errors.Count == 0 && (Options.IsHeldOnly ? Opened : Result.Messages) > 0;

    internal double ConnectionsPerSecond => PerSecond(Opened, ConnectElapsed);

    internal double MessagesPerSecond => PerSecond(Result.Messages, Result.Elapsed);

    internal double BytesPerSecond => PerSecond(Result.Bytes, Result.Elapsed);

    private static double PerSecond(double count, TimeSpan time) => time > TimeSpan.Zero ? count / time.TotalSeconds : 0;
}
