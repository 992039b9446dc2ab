using EchoServer.Http;
using EchoServer.Server;

namespace EchoServer.Echo;

/// <summary>A path on which the server does one thing that clients have to cope with, so that they can be tested against it.</summary>
/// <param name="Template">The path, with its parameter in braces: <c>/close/{code}</c>.</param>
/// <param name="Summary">What the server does there, as a sentence.</param>
/// <param name="Example">A path that does it.</param>
/// <param name="Read">Reads the values of a request's path and query.</param>
internal sealed record Scenario(string Template, string Summary, string Example, Func<ScenarioValues, ScenarioPlan> Read)
{
    /// <summary>The first segment of the path.</summary>
    public string Name { get; } = Template.Split('/')[1];

    /// <summary>Whether the path has a second segment, with a value.</summary>
    public bool HasValue { get; } = Template.Contains('{', StringComparison.Ordinal);
}

/// <summary>How one request is served.</summary>
/// <param name="Configure">Sets the callbacks of the connection; where it sets no <c>OnMessage</c>, messages get no answer.</param>
/// <param name="Ruling">What becomes of the handshake.</param>
internal readonly record struct ScenarioPlan(Action<IWebSocketConnection> Configure, HandshakeRuling Ruling = default);
