using EchoServer.Connect;
using EchoServer.Diagnosis;

namespace EchoServer.Check;

/// <summary>The connection ended while an echo was waited for.</summary>
/// <param name="end">How.</param>
/// <param name="fault">Why, and what to do.</param>
internal sealed class ConversationEndedException(LinkEvent end, Fault fault)
    : ConnectionFailedException(Stage.Echo, end.Describe(), fault)
{
    /// <summary>How.</summary>
    internal LinkEvent End { get; } = end;
}
