namespace EchoServer.Check;

/// <summary>What a probe found, and how long that took.</summary>
/// <param name="Name">The probe's name.</param>
/// <param name="Finding">What it found.</param>
/// <param name="Elapsed">How long it took.</param>
internal sealed record ProbeResult(string Name, Finding Finding, TimeSpan Elapsed);
