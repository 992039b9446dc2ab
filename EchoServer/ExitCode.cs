namespace EchoServer;

/// <summary>What the program's exit codes mean.</summary>
internal static class ExitCode
{
    /// <summary>All went well.</summary>
    internal const int Fine = 0;

    /// <summary>The command line was right, but it could not be done.</summary>
    internal const int Failed = 1;

    /// <summary>The command line or an environment variable is wrong.</summary>
    internal const int Usage = 2;

    /// <summary>The server closed the connection with another code than 1000 (done) or 1001 (going away).</summary>
    internal const int ClosedByServer = 3;
}
