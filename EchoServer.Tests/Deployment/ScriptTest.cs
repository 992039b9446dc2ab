namespace EchoServer.Tests.Deployment;

/// <summary>A test of a script in this project's folder: of a copy, with a <c>dotnet</c> in place of the real one.</summary>
internal abstract class ScriptTest(string name) : FolderTest
{
    /// <summary>The folder of the test.</summary>
    protected string Root { get; private set; } = "";

    [SetUp]
    public void CopyScript()
    {
        Root = NewFolder();
        Directory.CreateDirectory(Path.Combine(Root, "EchoServer.Tests"));
        Directory.CreateDirectory(Path.Combine(Root, "bin"));
        File.Copy(Path.Combine(Programs.ProjectFolder, "EchoServer.Tests", name), Path.Combine(Root, "EchoServer.Tests", name));
    }

    protected ProcessStartInfo Script(string dotnet, params string[] arguments)
    {
        string program = Path.Combine(Root, "bin", "dotnet");
        Programs.WriteScript(program, dotnet);
        ProcessStartInfo start = Programs.Start("/usr/bin/bash", [Path.Combine(Root, "EchoServer.Tests", name), .. arguments]);
        start.Environment["PATH"] = $"{Path.GetDirectoryName(program)}:{start.Environment["PATH"]}";
        return start;
    }
}
