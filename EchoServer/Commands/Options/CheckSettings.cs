using System.CommandLine;
using System.CommandLine.Parsing;
using EchoServer.Check;
using EchoServer.Check.Conversations;
using EchoServer.Connect;
using EchoServer.Diagnosis;

namespace EchoServer.Commands.Options;

/// <summary>Everything about a check that can be set beside how to connect, which <see cref="ConnectionSettings"/> says.</summary>
internal static class CheckSettings
{
    private const int MaxConnections = 10_000;

    internal static readonly Setting<TimeSpan?> Idle = new(
        "--idle", null, "Also keeps connections open without messages for that long, to find out whether anything on the way cuts them.",
        null, SettingParsers.OrNone(SettingParsers.Seconds()), "no such probe", helpName: "seconds");

    internal static readonly Setting<int?> Connections = new(
        "--connections", null, "Also opens that many connections at once, and says over which instances they are spread.",
        null, SettingParsers.OrNone(SettingParsers.Number("a number of connections", 1, MaxConnections)), "no such probe", helpName: "number");

    internal static readonly RepeatedSetting<string> Send = new(
        "--send", null, "text", "Also sends this message, on a connection of its own, in the order of the command line; may be repeated.",
        new("a text", (text, out value) => (value = text) is not null));

    internal static readonly RepeatedSetting<Expectation> Expect = new(
        "--expect", null, "text", "Also expects this message, in the order of the command line, and passes over others; may be repeated.",
        new("a text, the whole of the message, or /.../ around a regular expression to find in it", Expectation.TryParse));

    internal static readonly Setting<TimeSpan?> Watch = new(
        "--watch", null, "Repeats the check at this interval until Ctrl-C or SIGTERM, prints what changes, and ends with a summary.",
        null, SettingParsers.OrNone(SettingParsers.Seconds()), "one check", helpName: "seconds");

    internal static readonly SwitchSetting Echo = new(
        "--echo", "Expects echoes of a server that does not say in /info that it is an EchoServer.");

    internal static readonly SwitchSetting Instances = new(
        "--instances", "Also reaches each instance of the app through X-Cf-App-Instance.");

    internal static readonly SwitchSetting Quick = new(
        "--quick", "Only opens a WebSocket, has a ping answered (--echo: a message echoed; --send, --expect: that conversation) and closes; prints nothing but a failure. For health checks.");

    internal static readonly SwitchSetting Json = new(
        "--json", "Prints the results as one JSON object; with --watch each change and the summary as one in a line.");

    internal static readonly SwitchSetting Strict = new("--strict", "Takes warnings for failures: exit code 1.");

    /// <summary>All of them, in the order of the help text.</summary>
    internal static readonly Setting[] All = [Idle, Connections, Send, Expect, Watch, Echo, Instances, Quick, Json, Strict];

    /// <summary>Reads what to check.</summary>
    /// <exception cref="UsageException">A value is not accepted, or two contradict each other.</exception>
    internal static CheckOptions Read(ParseResult result, string url)
    {
        // A watch prints what changes.
        Setting[] printing = Watch.IsGiven(result) ? [] : [Json];
        Setting.RefuseIf(
            Quick.IsGiven(result),
            result,
            "cannot be combined with --quick, which has a single exchange",
            [Idle, Connections, Instances, Strict, .. printing]);
        ConnectionOptions connection = ConnectionSettings.Read(result, url);
        if (Quick.IsGiven(result))
        {
            ConnectionSettings.RefuseUnusedTls(result, connection);
        }

        ConnectionSettings.RefuseHeader(result, Instances, connection.Headers, RouterDiagnosis.InstanceField);
        return new CheckOptions
        {
            TypedUrl = url,
            Connection = connection,
            Idle = Idle.Read(result),
            Connections = Connections.Read(result),
            ReachesInstances = Instances.IsGiven(result),
            ExpectsEcho = Echo.IsGiven(result),
            Conversation = ReadConversation(result),
            IsStrict = Strict.IsGiven(result),
        };
    }

    /// <summary>Reads the steps in the order of the command line, in which the two options alternate as they like.</summary>
    private static ConversationStep[] ReadConversation(ParseResult result)
    {
        var sent = new Queue<string>(Send.Read(result));
        var expected = new Queue<Expectation>(Expect.Read(result));
        ConversationStep[] steps =
        [
            .. result.Tokens.Where(token => token.Type == TokenType.Option && (token.Value == Send.Name || token.Value == Expect.Name))
                .Select(token => token.Value == Send.Name ? new ConversationStep(sent.Dequeue(), null) : new ConversationStep(null, expected.Dequeue())),
        ];
        return steps is [.., { Expected: null }]
            ? throw new UsageException($"{Send.Name}: needs {Expect.Name} behind it, because without an answer nothing shows that the server took the message")
            : steps;
    }
}
