using EchoServer.Bench.Servers;

namespace EchoServer.Bench.Report;

/// <summary>The part of README that a run of the bench writes: what stands between two marks.</summary>
internal static class ReadmeSection
{
    /// <summary>The line before it.</summary>
    public const string Begin = "<!-- Written by ./build.sh bench --readme. -->";

    /// <summary>The line after it.</summary>
    public const string End = "<!-- The end of what the bench writes. -->";

    /// <summary>README.</summary>
    public static string File => Path.Combine(Folders.Project, "README.md");

    /// <summary>The chart that README shows: committed, unlike what is under <c>artifacts/</c>.</summary>
    public static string Chart => Path.Combine(Folders.Project, "EchoServer.Tests", "Bench", "bench.svg");

    /// <summary>Puts another text in its place.</summary>
    /// <param name="readme">The whole file.</param>
    /// <param name="text">The text, from mark to mark.</param>
    /// <exception cref="InvalidOperationException">The marks are not there, once each and in order.</exception>
    public static string Replace(string readme, string text)
    {
        string[] beforeAndRest = readme.Split($"{Begin}\n");
        string[] oldAndAfter = beforeAndRest.Length == 2 ? beforeAndRest[1].Split($"{End}\n") : [];
        return oldAndAfter.Length == 2
            ? beforeAndRest[0] + text + oldAndAfter[1]
            : throw new InvalidOperationException($"README.md must hold the lines '{Begin}' and '{End}', once each and in this order");
    }
}
