namespace EchoServer.Bench.Report;

/// <summary>The part of a page that a run of the bench writes: the lines between two marks.</summary>
internal static class MarkedSection
{
    public const string Begin = "<!-- Written by ./build.sh bench --readme. -->";
    public const string End = "<!-- The end of what the bench writes. -->";

    /// <summary>Replaces the section, its marks included.</summary>
    /// <exception cref="InvalidOperationException">The marks are missing, repeated or in the wrong order.</exception>
    public static string Replace(string page, string text)
    {
        string[] beforeAndRest = page.Split($"{Begin}\n");
        string[] oldAndAfter = beforeAndRest.Length == 2 ? beforeAndRest[1].Split($"{End}\n") : [];
        return oldAndAfter.Length == 2
            ? $"{beforeAndRest[0]}{Begin}\n{text}{End}\n{oldAndAfter[1]}"
            : throw new InvalidOperationException($"the page must hold the lines '{Begin}' and '{End}', once each and in this order");
    }
}
