namespace EchoServer.Commands.Logging;

/// <summary>How log lines look.</summary>
internal enum LogFormat
{
    Text,
    Json,
}
