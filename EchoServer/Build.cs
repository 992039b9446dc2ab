using System.Reflection;
using System.Runtime.CompilerServices;

namespace EchoServer;

/// <summary>Which build this is.</summary>
internal static class Build
{
    private const int ShownCommitCharacters = 7;

    // "1.0.0+" and the commit, which the SDK adds when it builds from a repository.
    private static readonly string[] Parts = typeof(Build).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+', 2);

    /// <summary>The version, such as <c>1.0.0</c>.</summary>
    internal static string Version => Parts[0];

    /// <summary>Version, commit and compiler, such as <c>EchoServer 1.0.0, commit 1234567, build aot</c>.</summary>
    internal static string Description => $"EchoServer {Version}{(Commit is null ? "" : $", commit {Commit}")}, build {Compiler}";

    /// <summary>Whose it is, and on which terms.</summary>
    internal static string Licence { get; } =
        $"{typeof(Build).Assembly.GetCustomAttribute<AssemblyCopyrightAttribute>()!.Copyright}. MIT License: free to use, change and share, without warranty.";

    /// <summary>How it was compiled: <c>aot</c> to native code, ahead of time, or <c>jit</c> at run time.</summary>
    internal static string Compiler => RuntimeFeature.IsDynamicCodeCompiled ? "jit" : "aot";

    /// <summary>The beginning of the commit's name; null where it is not known.</summary>
    internal static string? Commit { get; } = Parts.Length > 1 ? Parts[1][..Math.Min(Parts[1].Length, ShownCommitCharacters)] : null;
}
