namespace EchoServer.Bench.Servers;

/// <summary>A server that can be measured: how it is started, and how it was chosen to run.</summary>
internal sealed record ServerKind(string Key, string Name, string Program, params string[] Arguments)
{
    public required string Settings { get; init; }

    /// <summary>Versions of what runs; asked for only when the server takes part.</summary>
    public required Func<string> Version { get; init; }

    /// <summary>Files without which it cannot run, each with what brings it.</summary>
    public (string Path, string Otherwise)[] Needs { get; init; } = [];

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
    public bool IsRawTcp { get; init; }
    public bool HasRawPath { get; init; } = true;
    public bool TellsAllocatedBytes { get; init; }

    /// <summary>Arguments for when each message is to be logged; null when it cannot or always does.</summary>
    public string[]? LoggingArguments { get; init; }

    /// <summary>The server that this is another form of: it is measured when that is.</summary>
    public string? Of { get; init; }

    /// <summary>Why it cannot take part; null when it can.</summary>
    public string? Missing =>
        Array.Find(Needs, need => !File.Exists(need.Path)) is { Path: not null } missing ? missing.Otherwise : null;
}
