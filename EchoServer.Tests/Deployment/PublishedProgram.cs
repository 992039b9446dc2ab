namespace EchoServer.Tests.Deployment;

/// <summary>The program that <c>./build.sh</c> publishes for Cloud Foundry.</summary>
internal static class PublishedProgram
{
    public static string Path => System.IO.Path.Combine(Programs.ProjectFolder, "artifacts", "cf", "EchoServer");

    /// <summary>Whether it is native code, and not a file with the .NET runtime because none could be linked.</summary>
    public static async Task<bool> IsNativeAsync() => (await VersionAsync()).Contains(", build aot\n", StringComparison.Ordinal);

    public static async Task<string> VersionAsync()
    {
        ProgramResult version = await Programs.RunAsync(Programs.Start(Path, ["--version"]));
        Assert.That((version.ExitCode, version.Error), Is.EqualTo((0, "")));
        return version.Output;
    }
}
