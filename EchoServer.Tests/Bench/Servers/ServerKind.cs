namespace EchoServer.Bench.Servers;

/// <summary>A server that can be measured: how it is started, and how it was chosen to run.</summary>
/// <param name="Key">Its name on the command line and in <c>bench.json</c>.</param>
/// <param name="Name">Its name in tables.</param>
/// <param name="Program">What is started.</param>
/// <param name="Arguments">With these arguments.</param>
internal sealed record ServerKind(string Key, string Name, string Program, params string[] Arguments)
{
    /// <summary>What was chosen, and why.</summary>
    public required string Settings { get; init; }

    /// <summary>Versions of what runs; asked for only when the server takes part.</summary>
    public required Func<string> Version { get; init; }

    /// <summary>Files without which it cannot run, each with what brings it.</summary>
    public (string Path, string Otherwise)[] Needs { get; init; } = [];

    /// <summary>Variables that are set for it.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether it echoes bytes, and knows no WebSocket.</summary>
    public bool IsRawTcp { get; init; }

    /// <summary>Whether it has <c>/raw</c>; the tutorial's server only greets and prefixes.</summary>
    public bool HasRawPath { get; init; } = true;

    /// <summary>Whether it tells what it has allocated, at <c>/allocated</c>.</summary>
    public bool TellsAllocatedBytes { get; init; }

    /// <summary>Arguments for when each message is to be logged; null when it cannot or always does.</summary>
    public string[]? LoggingArguments { get; init; }

    /// <summary>The server that this is another form of: it is measured when that is.</summary>
    public string? Of { get; init; }

    /// <summary>Why it cannot take part; null when it can.</summary>
    public string? Missing =>
        Array.Find(Needs, need => !File.Exists(need.Path)) is { Path: not null } missing ? missing.Otherwise : null;
}
