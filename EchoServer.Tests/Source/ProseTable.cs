namespace EchoServer.Tests.Source;

/// <summary>How many vague words each folder may still have (<see cref="ProseTests"/>). A number here only becomes smaller.</summary>
internal static class ProseTable
{
    internal static readonly IReadOnlyDictionary<string, int> Allowed = new Dictionary<string, int>
    {
        ["EchoServer.Tests/Check"] = 9,
        ["EchoServer.Tests/Client"] = 7,
        ["EchoServer/Check"] = 4,
        ["EchoServer/Client"] = 2,
        ["docs"] = 2,
    };
}
