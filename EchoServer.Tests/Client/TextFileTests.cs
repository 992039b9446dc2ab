namespace EchoServer.Tests.Client;

/// <summary><c>client --text-file</c>: a whole file as one message.</summary>
[Parallelizable(ParallelScope.Children)]
internal sealed class TextFileTests : FolderTest
{
    private const string Accepted = "it takes a file with text in UTF-8 of less than 16777216 bytes, or - for standard input (see --help)\n";

    [Test]
    public async Task A_file_is_one_message_with_its_line_breaks([Values("one\n\ttwo €\r\n", "no line end", "\uFEFFmarked\n")] string text)
    {
        ProgramResult result = await RunAsync(Write(text), "--json");
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        string[] texts =
        [
            .. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)
                .Where(json => json.TryGetProperty("text", out _)).Select(json => $"{json.GetProperty("event").GetString()} {json.GetProperty("text").GetString()}"),
        ];
        Assert.That(texts, Is.EqualTo((string[])[$"sent {text}", $"message {text}"]));
    }

    [Test]
    public async Task It_is_sent_after_the_arguments_and_comes_from_standard_input_as_well()
    {
        ProgramResult result = await Programs.RunAsync(
            Programs.EchoServer(["client", SharedServers.Default.Url("/raw").AbsoluteUri, "first", "--text-file", "-"]), input: "a\nb\n");
        Assert.That(result, Is.EqualTo(new ProgramResult(
            0, "Sent Message: first\nSent Message: a\\nb\\n\nReceived Message: first\nReceived Message: a\\nb\\n\nDisconnected from Server\n", "")));
    }

    [Test]
    public async Task A_text_of_the_largest_size_is_sent()
    {
        string file = Write(new string('x', (16 * 1024 * 1024) - 1));
        ProgramResult result = await Programs.RunAsync(Programs.EchoServer(["client", SharedServers.Large.Url("/raw").AbsoluteUri, "--text-file", file, "-q"]));
        Assert.That((result.ExitCode, result.Error, result.Output.Length), Is.EqualTo((0, "", 16 * 1024 * 1024)));
    }

    [Test]
    public async Task What_cannot_be_sent_is_named()
    {
        string large = Path.Combine(Folder, "large");
        await using (FileStream stream = File.Create(large))
        {
            stream.SetLength(16 * 1024 * 1024);
        }

        await ExpectAsync(Write(""), "is empty");
        await ExpectAsync(Write("binary", [0x61, 0xFF]), "is not text in UTF-8");
        await ExpectAsync(Path.Combine(Folder, "none"), "does not exist");
        await ExpectAsync(Folder, "is a directory");
        await ExpectAsync(large, "is larger than 16777216 bytes");
        await ExpectAsync("-", "is empty");
    }

    private static async Task ExpectAsync(string file, string flaw)
    {
        ProgramResult result = await RunAsync(file);
        Assert.That(result, Is.EqualTo(new ProgramResult(2, "", $"EchoServer: --text-file: '{file}' {flaw}; {Accepted}")));
    }

    private static Task<ProgramResult> RunAsync(string file, params string[] options) =>
        Programs.RunAsync(Programs.EchoServer(["client", SharedServers.Default.Url("/raw").AbsoluteUri, "--text-file", file, .. options]));

    private string Write(string text) => Write(Path.GetRandomFileName(), text);
}
