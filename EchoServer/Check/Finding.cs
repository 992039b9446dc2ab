namespace EchoServer.Check;

/// <summary>What came of a probe.</summary>
internal enum Outcome
{
    /// <summary>It works.</summary>
    Pass,

    /// <summary>It works, but something is odd or will not stay so.</summary>
    Warn,

    /// <summary>It does not work.</summary>
    Fail,

    /// <summary>It could not be tried here.</summary>
    Skip,
}

/// <summary>A value that a probe found, for machines.</summary>
/// <param name="Name">Stable: README documents it.</param>
/// <param name="Value">A string, bool, long, double, or a list of strings; null where it is not known.</param>
internal readonly record struct Fact(string Name, object? Value);

/// <summary>What a probe found.</summary>
/// <param name="Outcome">What came of it.</param>
/// <param name="Text">What was seen, for people; escaped, one line.</param>
/// <param name="Diagnosis">Why it does not work, and what to do; null where it does.</param>
internal sealed record Finding(Outcome Outcome, string Text, Diagnosis? Diagnosis = null)
{
    /// <summary>The same for machines.</summary>
    internal IReadOnlyList<Fact> Facts { get; init; } = [];

    internal static Finding Pass(string text, params Fact[] facts) => new(Outcome.Pass, text) { Facts = facts };

    internal static Finding Warn(string text, Diagnosis diagnosis, params Fact[] facts) => new(Outcome.Warn, text, diagnosis) { Facts = facts };

    internal static Finding Fail(string text, Diagnosis diagnosis, params Fact[] facts) => new(Outcome.Fail, text, diagnosis) { Facts = facts };

    /// <summary>Whether it was not tried since something before it failed.</summary>
    internal bool IsNotTried { get; init; }

    internal static Finding Skip(string text) => new(Outcome.Skip, text);
}

/// <summary>What a probe found, and how long that took.</summary>
/// <param name="Name">The probe's name.</param>
/// <param name="Finding">What it found.</param>
/// <param name="Elapsed">How long it took.</param>
internal sealed record ProbeResult(string Name, Finding Finding, TimeSpan Elapsed);

/// <summary>One question about the way to the server.</summary>
internal interface IProbe
{
    /// <summary>What it is called: stable, README documents it.</summary>
    string Name { get; }

    /// <summary>Whether nothing after it can work when it fails.</summary>
    bool IsEssential => false;

    /// <summary>Why it cannot be tried here; null when it can.</summary>
    string? CannotRun(CheckRun run) => null;

    /// <summary>Asks it.</summary>
    /// <param name="run">What is known so far, and what to ask over.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="Wire.ProbeException">It does not work, and the cause is known.</exception>
    Task<Finding> RunAsync(CheckRun run, CancellationToken stop);
}
