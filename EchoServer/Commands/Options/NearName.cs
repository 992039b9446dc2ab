namespace EchoServer.Commands.Options;

/// <summary>Finds the command, option or variable that a mistyped name stands for.</summary>
internal static class NearName
{
    /// <summary>What the names of variables begin with, except for those of the platform.</summary>
    internal const string VariablePrefix = "ECHO_";

    /// <summary>The dashes that an option may be typed with in place of '-': hyphens, dashes and minus signs of Unicode.</summary>
    internal static readonly char[] Dashes =
        ['-', '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2015', '\u2212', '\uFE58', '\uFE63', '\uFF0D'];

    // Shorter names are near to any word.
    private const int MinLength = 3;

    // One mistake in so many characters.
    private const int CharactersPerMistake = 3;

    /// <summary>Finds the nearest name, whatever its case.</summary>
    /// <returns>Null when none is near.</returns>
    internal static string? Find(string typed, IEnumerable<string> names) =>
        names.FirstOrDefault(name => name.Equals(typed, StringComparison.OrdinalIgnoreCase)) ?? FindNear(typed, names) ?? FindLonger(typed, names);

    /// <summary>Finds the shortest name that a typed one abbreviates: its beginning, or its first character and others of it in their order.</summary>
    private static string? FindLonger(string typed, IEnumerable<string> names) => Core(typed) is { Length: >= MinLength } core
        ? names.Where(name => Abbreviates(core, Core(name)))
            .OrderBy(name => Core(name).StartsWith(core, StringComparison.Ordinal) ? 0 : 1)
            .ThenBy(name => name.Length)
            .FirstOrDefault()
        : null;

    private static bool Abbreviates(string typed, string name)
    {
        int matched = 0;
        foreach (char character in name)
        {
            matched += matched < typed.Length && typed[matched] == character ? 1 : 0;
            if (matched == 0)
            {
                return false;
            }
        }

        return matched == typed.Length;
    }

    private static string? FindNear(string typed, IEnumerable<string> names) => names
        .Select(name => (Name: name, Core: Core(name)))
        .Where(known => known.Core.Length >= MinLength && Math.Abs(known.Core.Length - Core(typed).Length) <= Room(known.Core))
        .Select(known => (known.Name, Distance: Distance(Core(typed), known.Core), Room: Room(known.Core)))
        .Where(known => known.Distance <= known.Room)
        .OrderBy(known => known.Distance)
        .FirstOrDefault().Name;

    private static int Room(string name) => Math.Max(1, name.Length / CharactersPerMistake);

    /// <summary>Prefixes are forgotten most easily: they do not count.</summary>
    private static string Core(string name)
    {
        string bare = name.TrimStart(Dashes);
        return (bare.StartsWith(VariablePrefix, StringComparison.Ordinal) ? bare[VariablePrefix.Length..] : bare).ToUpperInvariant();
    }

    /// <summary>How many characters are wrong, missing, too many, or in the place of the next one (optimal string alignment).</summary>
    private static int Distance(string a, string b)
    {
        int[,] distances = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    distances[i, j] = i + j;
                    continue;
                }

                int changed = distances[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                distances[i, j] = Math.Min(changed, 1 + Math.Min(distances[i - 1, j], distances[i, j - 1]));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    distances[i, j] = Math.Min(distances[i, j], distances[i - 2, j - 2] + 1);
                }
            }
        }

        return distances[a.Length, b.Length];
    }
}
