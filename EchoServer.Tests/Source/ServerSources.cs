namespace EchoServer.Tests.Source;

/// <summary>The C# files of the server's project.</summary>
internal static class ServerSources
{
    public static string Root { get; } = Path.Combine(Programs.ProjectFolder, "EchoServer");

    // Output is in artifacts/, so that every file here is a source file.
    public static IEnumerable<string> Files => Directory.EnumerateFiles(Root, "*.cs", SearchOption.AllDirectories);
}
