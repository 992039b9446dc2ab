using EchoServer.Diagnosis;

namespace EchoServer.Check;

/// <summary>The result of a probe.</summary>
internal enum Outcome
{
    Pass,

    /// <summary>It works, but something is odd or will not stay so.</summary>
    Warn,

    Fail,

    /// <summary>It could not be tried here.</summary>
    Skip,
}

/// <summary>The finding of a probe.</summary>
/// <param name="Outcome">The result.</param>
/// <param name="Text">The observation, for people; escaped, one line.</param>
/// <param name="Fault">Cause and advice; null where it works.</param>
internal sealed record Finding(Outcome Outcome, string Text, Fault? Fault = null)
{
    /// <summary>The same for machines.</summary>
    internal IReadOnlyList<Fact> Facts { get; init; } = [];

    /// <summary>What the probe has in common with other skipped ones, with which it shares a line of text; null for a line of its own.</summary>
    internal string? Group { get; init; }

    internal static Finding Pass(string text, params Fact[] facts) => new(Outcome.Pass, text) { Facts = facts };

    internal static Finding Warn(string text, Fault fault, params Fact[] facts) => new(Outcome.Warn, text, fault) { Facts = facts };

    internal static Finding Fail(string text, Fault fault, params Fact[] facts) => new(Outcome.Fail, text, fault) { Facts = facts };

    internal static Finding Skip(string text) => new(Outcome.Skip, text);
}

/// <summary>A value that a probe found, for machines.</summary>
/// <param name="Name">Stable: docs/check.md documents it.</param>
/// <param name="Value">A string, bool, long, double, or a list of strings or doubles; null where it is not known.</param>
internal readonly record struct Fact(string Name, object? Value);
