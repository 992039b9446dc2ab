namespace EchoServer.Tests.Deployment;

/// <summary>A test of a script in this project's folder: of a copy, with a <c>dotnet</c> in place of the real one.</summary>
internal abstract class ScriptTest(string name)
{
    protected string Folder { get; private set; } = "";

    [SetUp]
    public void CopyScript()
    {
        Folder = Directory.CreateTempSubdirectory("echo-script-").FullName;
        Directory.CreateDirectory(Path.Combine(Folder, "EchoServer.Tests"));
        Directory.CreateDirectory(Path.Combine(Folder, "bin"));
        File.Copy(Path.Combine(Programs.ProjectFolder, "EchoServer.Tests", name), Path.Combine(Folder, "EchoServer.Tests", name));
    }

    [TearDown]
    public void Remove() => Directory.Delete(Folder, recursive: true);

    protected ProcessStartInfo Script(string dotnet, params string[] arguments)
    {
        string program = Path.Combine(Folder, "bin", "dotnet");
        Programs.WriteScript(program, dotnet);
        ProcessStartInfo start = Programs.Start("/usr/bin/bash", [Path.Combine(Folder, "EchoServer.Tests", name), .. arguments]);
        start.Environment["PATH"] = $"{Path.GetDirectoryName(program)}:{start.Environment["PATH"]}";
        return start;
    }
}
