using EchoServer.Load;
using EchoServer.Tests.Support;

namespace EchoServer.Tests.Load;

/// <summary>A load of one connection, from connecting to closing, and what came of it.</summary>
internal static class LoadAgainst
{
    /// <summary>One connection, and no wait longer than a second.</summary>
    public static LoadOptions Options(ScriptedServer server) => new()
    {
        Url = server.Url,
        Connections = 1,
        ConnectTimeout = TimeSpan.FromSeconds(1),
        EchoTimeout = TimeSpan.FromSeconds(1),
        CloseTimeout = TimeSpan.FromSeconds(1),
    };

    public static async Task<(LoadClient Client, LoadResult Result)> RunAsync(LoadOptions options, TimeSpan duration)
    {
        await using var client = new LoadClient(options);
        await client.ConnectAsync();
        LoadResult result = await client.RunAsync(duration);
        await client.CloseAsync();
        return (client, result);
    }

    /// <summary>One error of this kind, and no other.</summary>
    public static void AssertOnly(LoadErrors errors, LoadError error) =>
        Assert.That(errors.Counts.Select(count => (count.Kind, count.Count)), Is.EqualTo(new[] { (error, 1L) }), string.Join('\n', errors.Counts));
}
