namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>What a client sends, and what a conforming server must find in it, however it is chopped on the way.</summary>
internal sealed record ConformanceCase(
    string Name, string Section, IEnumerable<WireFrame> Frames, params IReadOnlyList<WireEvent> Events)
{
    /// <summary>The size of the pieces that the case is about, when it is about that.</summary>
    public int? ChopSize { get; init; }

    public override string ToString() => $"§{Section} {Name}";
}
