using EchoServer.Connect;

namespace EchoServer.Check;

/// <summary>One question about the way to the server.</summary>
/// <param name="Name">What it is called: stable, docs/check.md documents it.</param>
/// <param name="RunAsync">Asks it; throws <see cref="ConnectionFailedException"/> where it does not work and the cause is known.</param>
internal sealed record Probe(string Name, Func<CheckRun, CancellationToken, Task<Finding>> RunAsync)
{
    /// <summary>Whether nothing after it can work when it fails.</summary>
    internal bool IsEssential { get; init; }

    /// <summary>Whether it runs only where the server echoes, or is to.</summary>
    internal bool NeedsEcho { get; init; }

    /// <summary>Says why it cannot be tried here; null when it can.</summary>
    internal Func<CheckRun, Finding?> CannotRun { get; init; } = _ => null;
}
