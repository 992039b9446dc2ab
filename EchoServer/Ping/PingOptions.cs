using EchoServer.Connect;

namespace EchoServer.Ping;

/// <summary>What <c>ping</c> is told.</summary>
/// <param name="Connection">How the connection is opened.</param>
/// <param name="Interval">Time from one message to the next.</param>
/// <param name="Count">How many messages; null for no end.</param>
/// <param name="Wait">How long an answer may take; then it counts as lost.</param>
/// <param name="UsesPingFrames">Whether ping frames are sent (RFC 6455 §5.5.2), which every server answers, and not messages, which an echo server does.</param>
internal sealed record PingOptions(ConnectionOptions Connection, TimeSpan Interval, int? Count, TimeSpan Wait, bool UsesPingFrames);
