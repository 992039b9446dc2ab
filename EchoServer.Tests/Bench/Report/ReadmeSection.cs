namespace EchoServer.Bench.Report;

/// <summary>The part of README that a run of the bench writes: what stands between two marks.</summary>
internal static class ReadmeSection
{
    public const string Begin = "<!-- Written by ./build.sh bench --readme. -->";
    public const string End = "<!-- The end of what the bench writes. -->";

    public static string File => Path.Combine(Folders.Project, "README.md");

    public static string Chart => Path.Combine(Folders.Project, "EchoServer.Tests", "Bench", "bench.svg");

    public static string Replace(string readme, string text)
    {
        string[] beforeAndRest = readme.Split($"{Begin}\n");
        string[] oldAndAfter = beforeAndRest.Length == 2 ? beforeAndRest[1].Split($"{End}\n") : [];
        return oldAndAfter.Length == 2
            ? beforeAndRest[0] + text + oldAndAfter[1]
            : throw new InvalidOperationException($"README.md must hold the lines '{Begin}' and '{End}', once each and in this order");
    }
}
