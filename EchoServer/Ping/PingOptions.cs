using EchoServer.Connect;

namespace EchoServer.Ping;

/// <summary>What <c>ping</c> is told.</summary>
internal sealed record PingOptions
{
    /// <summary>As ping(8): often enough to see a change, too seldom to be a load.</summary>
    internal static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(1);

    /// <summary>As ping(8).</summary>
    internal static readonly TimeSpan DefaultWait = TimeSpan.FromSeconds(10);

    internal required ConnectionOptions Connection { get; init; }

    internal TimeSpan Interval { get; init; } = DefaultInterval;

    /// <summary>How many messages; null for no end.</summary>
    internal int? Count { get; init; }

    /// <summary>How long an answer may take; then it counts as lost.</summary>
    internal TimeSpan Wait { get; init; } = DefaultWait;

    /// <summary>Whether ping frames are sent (RFC 6455 §5.5.2), which every server answers, and not messages, which an echo server does.</summary>
    internal bool UsesPingFrames { get; init; }
}
