using EchoServer.Connect;
using EchoServer.Diagnosis;

namespace EchoServer.Check;

/// <summary>The state that the probes of one check share: the way to the server, and the facts known so far.</summary>
/// <remarks>Belongs to one check, whose probes run one after the other.</remarks>
internal sealed class CheckRun(CheckOptions options) : IDisposable
{
    internal CheckOptions Options => options;

    /// <summary>The way to the server.</summary>
    internal Dialer Dialer => Peer.Dialer;

    /// <summary>The server at the end of it.</summary>
    internal EchoPeer Peer { get; } = new(new Dialer(options.Connection));

    internal Uri Url => Dialer.Url;

    /// <summary>The server's <c>/info</c>; null where it is not an EchoServer, or does not serve the document.</summary>
    internal ServerInfo? Info { get; set; }

    /// <summary>Whether echoes may be asked for. Any other server gets only what every WebSocket server must accept.</summary>
    internal bool ExpectsEcho => options.ExpectsEcho || (Info is ServerInfo info && !info.IsScenario(Url.AbsolutePath));

    /// <summary>Why the plain GET failed, where that makes the upgrade fail too, perhaps with other words; null where it says nothing of it.</summary>
    internal Fault? Obstacle { get; set; }

    internal bool AnswersPings { get; set; }

    internal bool EchoesBinary { get; set; }

    public void Dispose() => Peer.Dispose();
}
