namespace EchoServer.Bench.Servers;

/// <summary>Where things are.</summary>
internal static class Folders
{
    /// <summary>The top folder of the project.</summary>
    public static string Project { get; } = Find();

    /// <summary>What <c>./build.sh</c> made.</summary>
    public static string Artifacts => Path.Combine(Project, "artifacts");

    /// <summary>Where <c>./build.sh bench</c> and <c>./build.sh test</c> put other people's servers.</summary>
    public static string Peers => Path.Combine(Artifacts, "bench-peers");

    private static string Find()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "manifest.yml")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new DirectoryNotFoundException("manifest.yml is in no folder above the bench");
    }
}
