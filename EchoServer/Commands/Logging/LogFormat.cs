namespace EchoServer.Commands.Logging;

/// <summary>How log lines look.</summary>
internal enum LogFormat
{
    /// <summary>One line of text each.</summary>
    Text,

    /// <summary>One JSON object a line.</summary>
    Json,
}
