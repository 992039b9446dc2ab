namespace EchoServer.Client.Terminal;

/// <summary>Completes the file name of <c>/file</c> at the prompt.</summary>
/// <param name="Addition">What all names that fit have behind the typed one; empty where they differ there.</param>
/// <param name="Names">The names that fit, those of directories with a '/'; not escaped.</param>
internal sealed record FileNames(string Addition, IReadOnlyList<string> Names)
{
    private const string Command = "/file ";

    // What a screen holds; the number of the others is said.
    private const int MaxShown = 100;

    // A directory of a network's that hangs would hang the prompt.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Finds the names that fit what stands before the cursor.</summary>
    /// <returns>Null when that is not the name of a file.</returns>
    internal static FileNames? Of(string typed)
    {
        if (!typed.StartsWith(Command, StringComparison.Ordinal))
        {
            return null;
        }

        string path = typed[Command.Length..].TrimStart(' ');
        if (path == "~")
        {
            return new("/", ["~/"]);
        }

        string directory = path[..(path.LastIndexOf('/') + 1)];
        string start = path[directory.Length..];
        Task<string[]> reading = Task.Run(() => Read(directory.Length == 0 ? "." : PromptCommand.FullPath(directory), start));
        string[] names = reading.Wait(Patience) ? reading.Result : [];
        string common = names.Length == 0 ? start : names.Aggregate((a, b) => a[..a.AsSpan().CommonPrefixLength(b)]);

        // Half a surrogate pair is not a character.
        string addition = common[start.Length..];
        return new(addition is [.., char last] && char.IsHighSurrogate(last) ? addition[..^1] : addition, names);
    }

    internal string Describe() => string.Join("  ", Names.Take(MaxShown).Select(name => EscapedText.From(name.AsSpan())))
        + (Names.Count > MaxShown ? $"  and {Numbers.Of(Names.Count - MaxShown, "other")}" : "");

    /// <summary>Hidden files are meant only where their dot was typed.</summary>
    private static string[] Read(string directory, string start)
    {
        try
        {
            return
            [
                .. new DirectoryInfo(directory).EnumerateFileSystemInfos()
                    .Where(entry => entry.Name.StartsWith(start, StringComparison.Ordinal) && (start.Length > 0 || !entry.Name.StartsWith('.')))
                    .Select(entry => Directory.Exists(entry.FullName) ? $"{entry.Name}/" : entry.Name)
                    .Order(StringComparer.Ordinal),
            ];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or System.Security.SecurityException)
        {
            return [];
        }
    }
}
