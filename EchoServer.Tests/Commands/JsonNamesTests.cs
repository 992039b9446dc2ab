using EchoServer.Tests.Source;

namespace EchoServer.Tests.Commands;

/// <summary>Every name in every JSON of the program: camelCase, a unit in words at the end, and in the documentation unless it is in /info.</summary>
internal sealed class JsonNamesTests
{
    private static readonly Regex Written = new(@"\bWrite(String|Number|Boolean|Null|Start(Array|Object)|PropertyName|Seconds|Texts)\((json, )?""(?<name>[^""]+)""");
    private static readonly Regex Fact = new(@"new( Fact)?\(""(?<name>\w+)"", ");
    // Of the members of an object: ("name", value).
    private static readonly Regex Member = new(@"(?<!\w)\(""(?<name>\w+)"", ");
    // The values of the notice of dropped lines.
    private static readonly Regex Notice = new(@"Values = .*?new\(""(?<name>\w+)""");
    // Of a load's report: ("p99.9", "p999", 99.9).
    private static readonly Regex Percentile = new(@"\(""p[\d.]+"", ""(?<name>p\w+)""");
    private static readonly Regex LogLine = new(@"\[LoggerMessage\(.*\)\]");
    private static readonly Regex Event = new(@"\[LoggerMessage\((?<number>\d+), LogLevel\.(?<level>\w+), .*EventName = ""(?<name>\w+)""");
    private static readonly Regex Placeholder = new(@"\{(?<name>\w+)");
    private static readonly Regex CamelCase = new("^[a-z][a-zA-Z0-9]*$");
    private static readonly Regex Abbreviated = new("^(seconds|milliseconds|ms)$|[a-z](Ms|Millis|Secs?|Kb|Mb|KiB|MiB)$");
    private static readonly Regex Time = new("^(timeout|interval|duration|uptime|latency|outage|pause|roundTrip)|Timeout|Interval|Duration|Uptime|Latency|Outage|Elapsed");
    private static readonly Regex TimeWithUnit = new("(Seconds|Milliseconds)$");

    [Test]
    public void Every_name_is_camelCase_and_ends_in_its_unit()
    {
        string[] names = [.. ServerSources.Files.SelectMany(NamesIn).Distinct()];
        Assert.That(names, Has.Length.GreaterThan(100), "the names are found");
        Assert.That(names.Where(name => !CamelCase.IsMatch(name)), Is.Empty, "camelCase");
        Assert.That(names.Where(name => Abbreviated.IsMatch(name)), Is.Empty, "a unit without what it measures, or abbreviated");
        Assert.That(names.Where(name => Time.IsMatch(name) && !TimeWithUnit.IsMatch(name)), Is.Empty, "a time ends in Seconds or Milliseconds");
    }

    [Test]
    public void The_documentation_has_every_name()
    {
        string pages = string.Join('\n', Pages.All.Select(Pages.Read));
        IEnumerable<string> names = ServerSources.Files
            .Where(file => !file.StartsWith(Path.Combine(ServerSources.Root, "Site"), StringComparison.Ordinal))
            .SelectMany(NamesIn).Distinct();
        Assert.That(names.Where(name => !pages.Contains($"`{name}`", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void The_page_on_logs_has_every_event_with_its_number_and_level()
    {
        string[] rows = [.. Pages.Read("docs/logs.md").Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal))];
        Match[] events = [.. Event.Matches(File.ReadAllText(Path.Combine(ServerSources.Root, "Server", "ServerLog.cs"))).Cast<Match>()];
        Assert.That(events, Has.Length.GreaterThan(15));
        Assert.That(events.Where(it => !rows.Any(row => IsRow(row.Split('|'), it))).Select(it => it.Value), Is.Empty);

        static bool IsRow(string[] cells, Match it) =>
            cells[1].Contains($"`{it.Groups["name"]}`", StringComparison.Ordinal) &&
            Regex.IsMatch(cells[2], $@"\b{it.Groups["number"]}\b") &&
            cells[3].Contains(it.Groups["level"].Value, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>What the program really says has no name that the other tests did not find in the sources.</summary>
    [Test]
    public async Task Every_output_has_names_of_the_sources()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(["--log-format", "json", "--log-level", "debug", "--compression", "on"]);
        string url = server.Url().AbsoluteUri;
        string nothing = $"ws://127.0.0.1:{FreePort.Find()}/";
        using ScriptedServer refusing = ScriptedServer.Answering("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        RawPeer.Ask(server.Port, RawPeer.UpgradeRequest("/", "Host: twice")).Dispose();
        string[] outputs =
        [
            HttpReply.Get(server.Port, "/info").Text,
            await RunAsync("check", url, "--json", "--idle", "0.3", "--connections", "2"),
            await RunAsync("check", nothing, "--json"),
            await RunAsync("load", url, "--json", "--duration", "0.3", "--connections", "2", "--reconnect"),
            await RunAsync("load", nothing, "--json"),
            await RunAsync("client", url, "--json", "--show-pings", "--ping-interval", "0.1", "one"),
            await RunAsync("client", refusing.Url.AbsoluteUri, "--json", "one"),
        ];
        await server.StopAsync();
        HashSet<string> known = [.. ServerSources.Files.SelectMany(NamesIn)];
        string[] said =
        [
            .. outputs.SelectMany(output => output.StartsWith("{\n", StringComparison.Ordinal) ? [output] : output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                .Concat(server.Output).SelectMany(json => NamesIn(JsonDocument.Parse(json).RootElement)).Distinct(),
        ];
        Assert.That(said, Has.Length.GreaterThan(100));
        Assert.That(said.Except(known), Is.Empty);

        static async Task<string> RunAsync(params string[] arguments) => (await Programs.RunAsync(Programs.EchoServer(arguments))).Output;
    }

    private static IEnumerable<string> NamesIn(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => json.EnumerateObject().SelectMany(member => NamesIn(member.Value).Prepend(member.Name)),
        JsonValueKind.Array => json.EnumerateArray().SelectMany(NamesIn),
        _ => [],
    };

    /// <summary>The names that a source file writes as JSON: as literals, as facts of a probe, and in the sentences of log lines.</summary>
    private static IEnumerable<string> NamesIn(string file)
    {
        string source = File.ReadAllText(file);
        bool isProbe = file.Contains("Probes", StringComparison.Ordinal);
        return Written.Matches(source)
            .Concat(isProbe ? Fact.Matches(source) : [])
            .Concat(source.Contains("JsonMembers", StringComparison.Ordinal) ? Member.Matches(source) : [])
            .Concat(Notice.Matches(source))
            .Select(match => match.Groups["name"].Value)
            .Concat(LogLine.Matches(source).SelectMany(line => Placeholder.Matches(line.Value).Select(match => JsonNamingPolicy.CamelCase.ConvertName(match.Groups["name"].Value))))
            .Concat(Percentile.Matches(source).Select(match => match.Groups["name"].Value));
    }
}
