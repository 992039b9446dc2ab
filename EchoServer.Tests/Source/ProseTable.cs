namespace EchoServer.Tests.Source;

/// <summary>How many vague words each folder may still have (<see cref="ProseTests"/>). A number here only becomes smaller.</summary>
internal static class ProseTable
{
    internal static readonly IReadOnlyDictionary<string, int> Allowed = new Dictionary<string, int>
    {
        ["."] = 4,
        ["EchoServer"] = 3,
        ["EchoServer.Tests"] = 1,
        ["EchoServer.Tests/Attacks"] = 15,
        ["EchoServer.Tests/Bench"] = 26,
        ["EchoServer.Tests/BenchTests"] = 3,
        ["EchoServer.Tests/Check"] = 13,
        ["EchoServer.Tests/Client"] = 10,
        ["EchoServer.Tests/Commands"] = 1,
        ["EchoServer.Tests/Containers"] = 5,
        ["EchoServer.Tests/Diagnosis"] = 14,
        ["EchoServer.Tests/Fleck"] = 4,
        ["EchoServer.Tests/Http"] = 4,
        ["EchoServer.Tests/Peers"] = 3,
        ["EchoServer.Tests/Server"] = 7,
        ["EchoServer.Tests/Site"] = 2,
        ["EchoServer.Tests/Soak"] = 8,
        ["EchoServer.Tests/Support"] = 20,
        ["EchoServer.Tests/WebSockets"] = 19,
        ["EchoServer/Check"] = 5,
        ["EchoServer/Client"] = 2,
        ["EchoServer/Diagnosis"] = 41,
        ["EchoServer/Fleck"] = 8,
        ["EchoServer/Http"] = 18,
        ["EchoServer/Server"] = 39,
        ["EchoServer/WebSockets"] = 26,
    };
}
