namespace EchoServer.Metrics;

/// <summary>How a server is doing. Any thread.</summary>
internal interface IServerState
{
    /// <summary>Whether the server stops: nobody new is let in, and who is there is asked to go.</summary>
    bool IsStopping { get; }

    /// <summary>Adds up what the server and its connections have counted: goes through all connections.</summary>
    ServerSnapshot TakeSnapshot();
}
