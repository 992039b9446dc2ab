namespace EchoServer.Tests.Commands;

/// <summary>A limit of open files that is too low: one line that names the limit that is needed, which then suffices.</summary>
[Platform("Linux")]
internal sealed class OpenFileTests
{
    private static readonly Regex Needed = new("^EchoServer: (?<needed>[0-9]+) open files are needed");

    // The runtime keeps each assembly open where they are files of their own, and cannot begin with less.
    private static readonly int TooLow = Programs.EchoServerCommand[0] == "dotnet" ? 60 : 20;

    [TestCase("client", "hi")]
    [TestCase("ping", "-c", "1")]
    [TestCase("check", "--quick")]
    public async Task A_client_does_not_begin_with_too_few(string command, params string[] options)
    {
        string[] arguments = [command, SharedServers.Large.Url().AbsoluteUri, .. options];
        ProgramResult enough = await Programs.RunAsync(Limited(await ReadNeededAsync(arguments, TooLow), arguments));
        Assert.That((enough.ExitCode, enough.Error), Is.EqualTo((0, "")));
    }

    [Test]
    public async Task Nor_does_a_load_which_then_asks_for_a_file_for_each_connection()
    {
        string[] arguments = ["load", SharedServers.Large.Url().AbsoluteUri, "--duration", "0.1"];
        ProgramResult result = await Programs.RunAsync(Limited(await ReadNeededAsync(arguments, TooLow), arguments));
        result.AssertFailed(1, Does.Contain(": 50 connections need "));
    }

    [TestCase]
    [TestCase("--io-threads", "10")]
    public async Task A_server_does_not_listen_with_too_few(params string[] options)
    {
        int needed = await ReadNeededAsync(options, TooLow);
        Assert.That(await ReadNeededAsync(options, needed - 1), Is.EqualTo(needed));
        await using ServerProcess server = await ServerProcess.StartAsync(Limited(needed, options));
        using RawPeer peer = RawPeer.Open(server.Port);
        Assert.That(HttpReply.Get(server.Port, "/health").Status, Is.EqualTo(200));
        peer.Send(WireFrame.Text("echo"));
        Assert.That(peer.ReadText(), Is.EqualTo("echo"));

        // One WebSocket, and as many as are above the limit and may ask for a page.
        using RawPeer surplus = RawPeer.Ask(server.Port, RawPeer.UpgradeRequest());
        Assert.That(surplus.ReadHead(), Does.StartWith("HTTP/1.1 503 "));
    }

    /// <summary>Runs the program with too low a limit.</summary>
    /// <returns>The limit that it asks for.</returns>
    private static async Task<int> ReadNeededAsync(string[] arguments, int limit)
    {
        ProgramResult result = await Programs.RunAsync(Limited(limit, arguments));
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((1, "")), result.Error);
        string needed = Needed.Match(result.Error).Groups["needed"].Value;
        Assert.That(result.Error, Is.EqualTo(
            $"EchoServer: {needed} open files are needed, and the limit is {limit}; raise it with 'ulimit -n {needed}'\n"));
        return int.Parse(needed, CultureInfo.InvariantCulture);
    }

    private static ProcessStartInfo Limited(int limit, string[] arguments) =>
        Programs.Through(Programs.EchoServer(arguments), "sh", "-c", $"ulimit -n {limit}; exec \"$@\"", "sh");
}
