using EchoServer.Client.Terminal;

namespace EchoServer.Tests.Client.Terminal;

/// <summary>Tab behind <c>/file</c>.</summary>
[Parallelizable(ParallelScope.Children)]
internal sealed class FileNamesTests : FolderTest
{
    [OneTimeSetUp]
    public void MakeFiles()
    {
        foreach (string name in (string[])["notes one.txt", "notes two.txt", ".hidden", "odd\u001b\u202e\n"])
        {
            Write(name, "");
        }

        Directory.CreateDirectory(Path.Combine(Folder, "sub dir"));
        Write("sub dir/😀a", "");
        Write("sub dir/😃b", "");
        File.CreateSymbolicLink(Path.Combine(Folder, "zlink"), Path.Combine(Folder, "sub dir"));
    }

    [TestCase("n", "otes ")]
    [TestCase("notes ", "")]
    [TestCase("notes o", "ne.txt")]
    [TestCase("notes one.txt", "")]
    [TestCase("s", "ub dir/")]
    [TestCase("sub dir/", "")]
    [TestCase("z", "link/")]
    [TestCase(".h", "idden")]
    [TestCase("x", "")]
    [TestCase("none/x", "")]
    [TestCase("odd", "\u001b\u202e\n", TestName = "{m}(control characters)")]
    [TestCase("sub dir/../notes t", "wo.txt")]
    public void What_all_names_have_in_common_is_added(string typed, string expected) =>
        Assert.That(FileNames.Of($"/file {Folder}/{typed}")!.Addition, Is.EqualTo(expected));

    [Test]
    public void Half_a_character_is_not_added()
    {
        FileNames names = FileNames.Of($"/file {Folder}/sub dir/")!;
        Assert.That((names.Addition, names.Names.Count), Is.EqualTo(("", 2)));
    }

    [Test]
    public void Names_are_listed_in_order_and_escaped_without_the_hidden_ones() => Assert.That(
        FileNames.Of($"/file {Folder}/")!.Describe(),
        Is.EqualTo(@"notes one.txt  notes two.txt  odd\u{1b}\u{202e}\n  sub dir/  zlink/"));

    [TestCase("/file ~", "/")]
    [TestCase("/file  ~/", null)]
    public void A_tilde_is_the_users_own_directory(string typed, string? addition) =>
        Assert.That(FileNames.Of(typed)!.Addition, addition is null ? Is.Not.Null : Is.EqualTo(addition));

    [Test]
    public void Elsewhere_Tab_is_a_character([Values("", "hello", "/file", "/files x", "//file x")] string typed) => Assert.That(FileNames.Of(typed), Is.Null);
}
