namespace EchoServer.Commands.Options;

/// <summary>The command line is wrong: one line on standard error, and exit code 2.</summary>
internal sealed class UsageException(string message) : Exception(message);
