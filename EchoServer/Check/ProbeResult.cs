namespace EchoServer.Check;

/// <summary>What a probe found, and how long that took.</summary>
internal sealed record ProbeResult(string Name, Finding Finding, TimeSpan Elapsed);
