namespace EchoServer.Metrics;

/// <summary>How a server is doing. Any thread.</summary>
internal interface IServerState
{
    /// <summary>Whether the server is draining: it accepts no connections, and asks the open ones to close.</summary>
    bool IsStopping { get; }

    /// <summary>Adds up what the server and its connections have counted: goes through all connections.</summary>
    ServerSnapshot TakeSnapshot();
}
