using System.CommandLine;
using EchoServer.Check;
using EchoServer.Connect;

namespace EchoServer.Commands.Options;

/// <summary>Everything about a check that can be set beside how to connect, which <see cref="ConnectionSettings"/> says.</summary>
internal static class CheckSettings
{
    private const int MaxConnections = 10_000;

    internal static readonly Setting<TimeSpan?> Idle = new(
        "--idle", null, "Also keeps connections open without messages for that long, to find out whether anything on the way cuts them.",
        null, "no such probe", SettingParsers.SecondsAccepted, SettingParsers.TryParseSeconds, helpName: "seconds");

    internal static readonly Setting<int?> Connections = new(
        "--connections", null, "Also opens that many connections at once, and says over which instances they are spread.",
        null, "no such probe", "a number of connections (1-10000)",
        (string text, out int? value) => SettingParsers.TryParseNumber(text, MaxConnections, out value), helpName: "number");

    internal static readonly Option<bool> Instances = new("--instances")
    {
        Description = "Also reaches each instance of the app through X-Cf-App-Instance.",
    };

    internal static readonly Option<bool> Quick = new("--quick")
    {
        Description = "Only connects, upgrades, has one message echoed and closes; prints nothing but a failure. For health checks.",
    };

    internal static readonly Option<bool> Json = new("--json") { Description = "Prints the results as one JSON object." };

    internal static readonly Option<bool> Strict = new("--strict") { Description = "Takes warnings for failures: exit code 1." };

    /// <summary>Those with a value, in the order of the help text.</summary>
    internal static readonly Setting[] All = [Idle, Connections];

    /// <summary>Those without.</summary>
    internal static readonly Option<bool>[] Switches = [Instances, Quick, Json, Strict];

    /// <summary>Reads what to check.</summary>
    /// <exception cref="UsageException">A value is not accepted, or two contradict each other.</exception>
    internal static CheckOptions Read(ParseResult result, string url)
    {
        if (result.GetValue(Quick))
        {
            IEnumerable<string> given = All.Where(setting => setting.IsGiven(result)).Select(setting => setting.Name)
                .Concat(((Option<bool>[])[Instances, Json, Strict]).Where(result.GetValue).Select(option => option.Name));
            if (given.FirstOrDefault() is string name)
            {
                throw new UsageException($"{name}: cannot be combined with --quick, which only has one message echoed");
            }
        }

        ConnectionOptions connection = ConnectionSettings.Read(result, url);
        if (result.GetValue(Quick))
        {
            ConnectionSettings.RefuseUnusedTls(result, connection);
        }

        if (result.GetValue(Instances))
        {
            ConnectionSettings.RefuseHeader(Instances.Name, connection.Headers, ConnectionSettings.InstanceField);
        }

        return new CheckOptions
        {
            TypedUrl = url,
            Connection = connection,
            Idle = Idle.Read(result),
            Connections = Connections.Read(result),
            ReachesInstances = result.GetValue(Instances),
            IsStrict = result.GetValue(Strict),
        };
    }
}
