namespace EchoServer.Bench.Servers;

internal static class Folders
{
    public static string Project { get; } = Find();

    public static string Artifacts => Path.Combine(Project, "artifacts");

    public static string Peers => Path.Combine(Artifacts, "bench-peers");

    private static string Find()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "manifest.yml")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new DirectoryNotFoundException("manifest.yml is in no folder above this program");
    }
}
