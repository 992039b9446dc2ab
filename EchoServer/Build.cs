using System.Reflection;

namespace EchoServer;

/// <summary>Which build this is.</summary>
internal static class Build
{
    private const int ShownCommitCharacters = 7;

    // "0.1.0+" and the commit, which the SDK adds when it builds from a repository.
    private static readonly string[] Parts = typeof(Build).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+', 2);

    /// <summary>The version, such as <c>0.1.0</c>.</summary>
    internal static string Version => Parts[0];

    /// <summary>Both, such as <c>EchoServer 0.1.0, commit 1234567</c>.</summary>
    internal static string Description => Commit is null ? $"EchoServer {Version}" : $"EchoServer {Version}, commit {Commit}";

    /// <summary>The beginning of the commit's name; null where it is not known.</summary>
    internal static string? Commit { get; } = Parts.Length > 1 ? Parts[1][..Math.Min(Parts[1].Length, ShownCommitCharacters)] : null;
}
