using EchoServer.Tests.Support.Wire;

namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>What a client sends, and what a conforming server must find in it, however it is chopped on the way.</summary>
/// <param name="Name">The rule or the vector; unique in its group.</param>
/// <param name="Section">The section of RFC 6455 that it comes from.</param>
/// <param name="Frames">What is sent; may be lazy, so that large vectors exist only while their test runs.</param>
/// <param name="Events">What is found, in order: after a Close or a Violation nothing more.</param>
internal sealed record ConformanceCase(
    string Name, string Section, IEnumerable<WireFrame> Frames, params IReadOnlyList<WireEvent> Events)
{
    /// <summary>The size of the pieces that the case is about, when it is about that.</summary>
    public int? ChopSize { get; init; }

    public override string ToString() => $"§{Section} {Name}";
}
