using EchoServer.Diagnosis;

namespace EchoServer.Connect.Link;

/// <summary>Something that a probe needs did not work, and the cause is known.</summary>
/// <param name="stage">What was being done.</param>
/// <param name="finding">What was seen, in a few words; escaped.</param>
/// <param name="diagnosis">Why, and what to do.</param>
internal class ProbeException(Stage stage, string finding, Fault diagnosis) : Exception(finding)
{
    /// <summary>What was being done.</summary>
    internal Stage Stage { get; } = stage;

    /// <summary>Whether nothing came in time.</summary>
    internal bool IsTimeout { get; init; }

    /// <summary>Why, and what to do.</summary>
    internal Fault Fault { get; } = diagnosis;
}
