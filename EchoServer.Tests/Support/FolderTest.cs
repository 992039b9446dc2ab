namespace EchoServer.Tests.Support;

/// <summary>A fixture with a folder for its files, which goes with the fixture.</summary>
/// <param name="prefix">What the name of the folder begins with.</param>
internal abstract class FolderTest(string prefix = "echo-")
{
    protected string Folder { get; private set; } = "";

    [OneTimeSetUp]
    public void MakeFolder() => Folder = Directory.CreateTempSubdirectory(prefix).FullName;

    [OneTimeTearDown]
    public void RemoveFolder() => Directory.Delete(Folder, recursive: true);

    /// <summary>Makes a folder in it for one test.</summary>
    /// <returns>The path of the new folder.</returns>
    protected string NewFolder() => Directory.CreateDirectory(Path.Combine(Folder, Path.GetRandomFileName())).FullName;

    /// <summary>Writes a file.</summary>
    /// <returns>The path of the file.</returns>
    protected string Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    protected string Write(string name, byte[] bytes)
    {
        string file = Path.Combine(Folder, name);
        File.WriteAllBytes(file, bytes);
        return file;
    }
}
