using EchoServer.Check.Conversations;
using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.WebSockets;

namespace EchoServer.Check;

/// <summary>Connects, upgrades, has one exchange and closes: the least that proves a server, for health checks.</summary>
internal static class QuickCheck
{
    internal static async Task<ProbeResult> RunAsync(CheckOptions options, CancellationToken stop)
    {
        using var run = new CheckRun(options);
        return await CheckPlan.RunAsync(new("quick", TryAsync), run, stop).ConfigureAwait(false);
    }

    private static async Task<Finding> TryAsync(CheckRun run, CancellationToken stop)
    {
        IReadOnlyList<ConversationStep> conversation = run.Options.Conversation;
        EchoLink link = await run.LinkAsync(stop).ConfigureAwait(false);
        await Conversation.RunAsync(link, run.Dialer, conversation, stop).ConfigureAwait(false);
        if (run.Options.ExpectsEcho)
        {
            await link.LearnAsync("EchoServer check"u8.ToArray(), stop).ConfigureAwait(false);
        }
        else if (conversation.Count == 0)
        {
            await link.PingAsync(stop).ConfigureAwait(false);
        }

        await link.CloseAsync(CloseCode.NormalClosure, "", stop).ConfigureAwait(false);
        ClientEvent end = await link.WaitForEndAsync(stop).ConfigureAwait(false);
        return end.Kind == ClientEventKind.Close
            ? Finding.Pass("opened, answered and closed")
            : throw ConnectionFailedException.Of(end, run.Url, Stage.Close);
    }
}
