using EchoServer.Connect;

namespace EchoServer.Check;

/// <summary>What the probes of one check share: the way to the server, and what is known of it so far.</summary>
/// <remarks>Belongs to one check, whose probes run one after the other.</remarks>
internal sealed class CheckRun : IDisposable
{
    /// <param name="options">What is to be checked.</param>
    internal CheckRun(CheckOptions options)
    {
        Options = options;
        Dialer = new Dialer(options.Connection);
        Talk = new Conversation(Dialer);
    }

    /// <summary>What is to be checked.</summary>
    internal CheckOptions Options { get; }

    /// <summary>The way to the server.</summary>
    internal Dialer Dialer { get; }

    /// <summary>The conversation with it.</summary>
    internal Conversation Talk { get; }

    /// <summary>Where to.</summary>
    internal Uri Url => Dialer.Url;

    /// <summary>What the server says of itself; null where it is not an EchoServer, or does not say so.</summary>
    internal ServerInfo? Info { get; set; }

    /// <summary>Whether binary messages are known to come back as they were.</summary>
    internal bool EchoesBinary { get; set; }

    /// <inheritdoc/>
    public void Dispose() => Talk.Dispose();
}
