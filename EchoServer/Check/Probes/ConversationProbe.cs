using EchoServer.Check.Conversations;
using EchoServer.Text;

namespace EchoServer.Check.Probes;

/// <summary>A conversation of the user's own: messages to send, and those to expect.</summary>
internal static class ConversationProbe
{
    private const int MaxShownTimes = 10;

    internal static async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        using EchoLink link = await run.Peer.OpenAsync(stop).ConfigureAwait(false);
        IReadOnlyList<TimeSpan> times = await Conversation.RunAsync(link, run.Dialer, run.Options.Conversation, stop).ConfigureAwait(false);
        await link.LeaveAsync(stop).ConfigureAwait(false);
        int sent = run.Options.Conversation.Count - times.Count;
        string shown = string.Join(", ", times.Take(MaxShownTimes).Select(Times.ShowShort));
        return Finding.Pass(
            $"{sent} sent, {times.Count} came as expected, after {shown}{(times.Count > MaxShownTimes ? " ..." : "")}",
            new("sent", (long)sent), new("answerMilliseconds", times.Select(time => time.TotalMilliseconds).ToArray()));
    }
}
