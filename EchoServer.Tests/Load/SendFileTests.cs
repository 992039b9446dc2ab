namespace EchoServer.Tests.Load;

/// <summary><c>EchoServer load --send</c> and <c>--expect-echo</c>, against a server and with files that cannot be used.</summary>
[Parallelizable(ParallelScope.Children)]
internal sealed class SendFileTests() : FolderTest("send ")
{
    [TestCase("a\nbcd\n", 2, "3 bytes")]
    [TestCase("a\r\nbcd\r\n", 2, "3 bytes")]
    [TestCase("\uFEFFa\n\nbcd", 3, "3 bytes")]
    [TestCase("\u00e4\r", 1, "3 bytes")]
    [TestCase("\n", 1, "0 bytes")]
    [TestCase("1", 1, "1 byte")]
    public async Task Lines_come_back(string content, int lines, string largest)
    {
        ProgramResult result = await RunAsync("/", "--send", WriteLines(content), "--connections", "3", "--duration", "0.2");
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")), result.Output);
        Assert.That(result.Output, Does.Contain($"\nload         {lines} line{(lines == 1 ? "" : "s")} of up to {largest}, 1 in flight on each connection, as fast as echoes come\n"));
    }

    [Test]
    public async Task A_dash_is_standard_input()
    {
        ProcessStartInfo start = Programs.EchoServer(["load", SharedServers.Large.Url("/").AbsoluteUri, "--send", "-", "--duration", "0.2"]);
        ProgramResult result = await Programs.RunAsync(start, input: "a\nbcd\n");
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")), result.Output);
        Assert.That(result.Output, Does.Contain("\nload         2 lines of up to 3 bytes, "));
    }

    [Test]
    public async Task A_standard_input_that_is_closed_is_named([Values("/dev/stdin", "/dev/fd/0")] string file)
    {
        ProgramResult result = await Programs.RunAsync(Programs.Start(
            "sh", ["-c", $"exec {Programs.EchoServerShellCommand} load {SharedServers.Large.Url("/").AbsoluteUri} --send {file} <&-"]));
        result.AssertFailed(2, Does.StartWith($"EchoServer: --send: '{file}' is closed; it takes a file "));
    }

    [Test]
    public async Task Answers_are_counted()
    {
        ProgramResult text = await RunAsync("/", "--send", WriteLines("one\ntwo\n"), "--expect-echo", "off", "--connections", "2", "--duration", "0.2");
        Assert.That((text.ExitCode, text.Error), Is.EqualTo((0, "")));
        Assert.That(text.Output, Does.Match(
            """
            load         2 lines of up to 3 bytes, 1 in flight on each connection, as fast as answers come
            answers      ([\d,]+) to \1 messages in \d+\.\d\d s
            messages     [\d,]+ a second
            payload      \d+\.\d\d MB a second from the server
            latency      p50 [\d.]+  p90 [\d.]+  p99 [\d.]+  p99\.9 [\d.]+  max [\d.]+ ms
            errors       none
            """));

        using var json = JsonDocument.Parse((await RunAsync(
            "/", "--send", WriteLines("one\ntwo\n"), "--expect-echo", "false", "--rate", "100", "--connections", "2", "--duration", "0.2", "--json")).Output);
        JsonElement root = json.RootElement;
        Assert.That((root.GetProperty("lines").GetInt32(), root.GetProperty("expectsEcho").GetBoolean()), Is.EqualTo((2, false)));
        Assert.That((root.GetProperty("sent").GetInt32(), root.GetProperty("messages").GetInt32(), root.GetProperty("unanswered").GetInt32()), Is.EqualTo((20, 20, 0)));
        Assert.That(root.GetProperty("inFlight").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(root.GetProperty("latencyMilliseconds").GetProperty("p99").GetDouble(), Is.Positive);
    }

    [TestCase("/silent", "0 to 2", "not known: the server answered nothing; with --rate messages wait for no answer")]
    [TestCase("/silent", "0 to 20", "not known: the server answered nothing", "--rate", "100")]
    [TestCase("/tick/100", @"[\d,]+ to 20", @"not known: \d+ messages of the server answer none that is known", "--rate", "100")]
    public async Task A_latency_that_cannot_be_known_is_not_claimed(string path, string answers, string latency, params string[] options)
    {
        // A tick every 100 ms, and 20 messages in the first 200 ms.
        string duration = options.Length > 0 ? "0.2" : "0.1";
        string[] arguments = ["--expect-echo", "off", "--connections", "2", "--duration", duration, "--timeout", "1", .. options];
        ProgramResult text = await RunAsync(path, arguments);
        Assert.That((text.ExitCode, text.Error), Is.EqualTo((0, "")), text.Output);
        Assert.That(text.Output, Does.Match($@"\nanswers      {answers} messages in .*\n(.*\n)*latency      {latency}\n"));
        ProgramResult json = await RunAsync(path, [.. arguments, "--json"]);
        Assert.That(json.Output, Does.Contain("\"latencyMilliseconds\":null").And.Contain("\"ok\":true"));
    }

    [Test]
    public async Task A_file_that_cannot_be_used_is_one_line()
    {
        (string File, string Flaw)[] files =
        [
            (Path.Combine(Folder, "nowhere"), "does not exist"),
            (Folder, "is a directory"),
            (WriteLines(""), "is empty"),
            (WriteLines("\uFEFF"), "is empty"),
            ("/dev/zero", "is larger than 67108864 bytes"),
            (WriteLines("one\n", [0xC3, 0x28]), "has a line, number 2, that is not text in UTF-8"),
            (WriteLines(new string('x', (16 * 1024 * 1024) + 1)), "has a line, number 1, that is longer than 16777216 bytes"),
        ];
        foreach ((string file, string flaw) in files)
        {
            Assert.That(await RunAsync("/", "--send", file), Is.EqualTo(new ProgramResult(
                2, "", $"EchoServer: --send: '{file}' {flaw}; it takes a file with a message on each line, in UTF-8, of less than 67108864 bytes (see --help)\n")));
        }
    }

    private string WriteLines(string content, byte[]? more = null) =>
        Write(Path.GetRandomFileName(), (byte[])[.. Encoding.UTF8.GetBytes(content), .. more ?? []]);

    private static Task<ProgramResult> RunAsync(string path, params string[] arguments) =>
        Programs.RunAsync(Programs.EchoServer(["load", SharedServers.Large.Url(path).AbsoluteUri, .. arguments]));
}
