using EchoServer.Connect;

namespace EchoServer.Check;

/// <summary>One question about the way to the server.</summary>
internal interface IProbe
{
    /// <summary>What it is called: stable, docs/check.md documents it.</summary>
    string Name { get; }

    /// <summary>Whether nothing after it can work when it fails.</summary>
    bool IsEssential => false;

    /// <summary>Whether it runs only where the server echoes, or is to.</summary>
    bool NeedsEcho => false;

    /// <summary>Says why it cannot be tried here; null when it can.</summary>
    Finding? CannotRun(CheckRun run) => null;

    /// <summary>Asks it.</summary>
    /// <exception cref="ConnectionFailedException">It does not work, and the cause is known.</exception>
    Task<Finding> RunAsync(CheckRun run, CancellationToken stop);
}
