namespace EchoServer.Echo;

/// <summary>What the echo says, and whether it logs.</summary>
internal sealed record EchoOptions
{
    /// <summary>The tutorial's greeting.</summary>
    public const string DefaultGreeting = "Hi, this is the Echo-Server";

    /// <summary>What the tutorial puts before each text it sends back.</summary>
    public const string DefaultPrefix = "Echo: ";

    /// <summary>The longest greeting or prefix in characters: a prefix multiplies what small messages cost.</summary>
    public const int MaxTextCharacters = 1024;

    /// <summary>The message sent when a connection opens; empty for none.</summary>
    public string Greeting { get; init; } = DefaultGreeting;

    /// <summary>Text put before each text message that is sent back; empty for none.</summary>
    public string Prefix { get; init; } = DefaultPrefix;

    /// <summary>Whether there are the paths of <see cref="Scenarios"/>.</summary>
    public bool HasScenarios { get; init; } = true;

    /// <summary>The most bytes that may wait for one client in a scenario.</summary>
    public int MaxWaitingBytes { get; init; } = new Server.ServerOptions().MaxQueuedBytes;

    public bool LogMessages { get; init; } = true;
}
