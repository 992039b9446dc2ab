using EchoServer.Connect;

namespace EchoServer.Check;

/// <summary>One question about the way to the server.</summary>
/// <param name="Name">Stable: docs/check.md documents it.</param>
/// <param name="RunAsync">Asks it; throws <see cref="ConnectionFailedException"/> where it does not work and the cause is known.</param>
/// <param name="IsEssential">Whether nothing after it can work when it fails.</param>
/// <param name="NeedsEcho">Whether it runs only where the server echoes, or is to.</param>
internal sealed record Probe(string Name, Func<CheckRun, CancellationToken, Task<Finding>> RunAsync, bool IsEssential = false, bool NeedsEcho = false);

/// <summary>What a probe found, and how long that took.</summary>
/// <inheritdoc cref="Probe" path="/param[@name='NeedsEcho']"/>
internal sealed record ProbeResult(string Name, Finding Finding, TimeSpan Elapsed, bool NeedsEcho = false);
