using System.Text.RegularExpressions;
using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.WebSockets;

namespace EchoServer.Check.Conversations;

/// <summary>Sends and expects messages in the order of the steps. Messages that are not the expected one are passed over.</summary>
internal static class Conversation
{
    private const int MaxShownTimes = 10;

    /// <summary>Runs a conversation of the user's own as a probe.</summary>
    internal static async Task<Finding> ProbeAsync(CheckRun run, CancellationToken stop)
    {
        using EchoLink link = await run.OpenAsync(stop).ConfigureAwait(false);
        IReadOnlyList<TimeSpan> times = await RunAsync(link, run.Dialer, run.Options.Conversation, stop).ConfigureAwait(false);
        await link.LeaveAsync(stop).ConfigureAwait(false);
        int sent = run.Options.Conversation.Count - times.Count;
        string shown = string.Join(", ", times.Take(MaxShownTimes).Select(Times.ShowShort));
        return Finding.Pass(
            $"{sent} sent, {times.Count} came as expected, after {shown}{(times.Count > MaxShownTimes ? " ..." : "")}",
            new("sent", (long)sent), new("answerMilliseconds", times.Select(time => time.TotalMilliseconds).ToArray()));
    }

    /// <returns>Of each expected message the time since the last step that sent, or else since the beginning.</returns>
    /// <exception cref="ConnectionFailedException">An expected message did not come.</exception>
    internal static async Task<IReadOnlyList<TimeSpan>> RunAsync(
        EchoLink link, Dialer dialer, IReadOnlyList<ConversationStep> steps, CancellationToken stop)
    {
        List<TimeSpan> times = [];
        long start = Stopwatch.GetTimestamp();
        foreach (ConversationStep step in steps)
        {
            if (step.Text is string text)
            {
                start = Stopwatch.GetTimestamp();
                await link.TrySendAsync(Opcode.Text, Encoding.UTF8.GetBytes(text), stop).ConfigureAwait(false);
            }
            else
            {
                await AwaitAsync(link, dialer, step.Expected!, times.Count + 1, stop).ConfigureAwait(false);
                times.Add(Stopwatch.GetElapsedTime(start));
            }
        }

        return times;
    }

    private static async Task AwaitAsync(EchoLink link, Dialer dialer, Expectation expected, int number, CancellationToken stop)
    {
        int others = 0;
        byte[] last = [];
        var deadline = Deadline.In(dialer.Options.Timeout);
        while (await link.Connection.ReceiveAsync(deadline, stop).ConfigureAwait(false) is ClientEvent received)
        {
            if (received.IsEnd)
            {
                throw new ConnectionFailedException(
                    Stage.Echo, $"{received.Describe()} instead of expected message {number}{After(others, last)}", received.Diagnose(dialer.Url));
            }

            if (received.IsMessage && Matches(expected, received))
            {
                return;
            }

            (others, last) = received.IsMessage ? (others + 1, received.Payload) : (others, last);
        }

        string within = $"within {Times.Seconds(dialer.Options.Timeout)}";
        throw new ConnectionFailedException(
            Stage.Echo,
            $"expected message {number} did not come {within}",
            new(
                $"the server sent no message that {(expected.IsPattern ? "matches" : "is")} '{ReceivedAnswer.Shown(expected.Shown)}' {within}{After(others, last)}",
                "see the app's log for what it received; a text is compared with the whole message, /.../ is searched for in it"));
    }

    private static bool Matches(Expectation expected, ClientEvent received)
    {
        try
        {
            return expected.Matches(received.Payload);
        }
        catch (RegexMatchTimeoutException exception)
        {
            throw new ConnectionFailedException(
                Stage.Echo,
                $"no result of the regular expression for {received.Describe()} within {Times.Seconds(exception.MatchTimeout)}",
                new($"'{ReceivedAnswer.Shown(expected.Shown)}' backtracks for too long in this message", "write it without nested repetitions such as (a+)+, which try every way to divide a text"));
        }
    }

    private static string After(int others, byte[] last)
    {
        string shown = ReceivedAnswer.Shown(Encoding.UTF8.GetString(last));
        return others switch
        {
            0 => "",
            1 => $"; another one came: '{shown}'",
            _ => $"; {others} others came, the last: '{shown}'",
        };
    }
}

/// <summary>One step of a conversation with the server: a message to send, or one to expect.</summary>
/// <param name="Text">The text to send; null to expect a message. May be a secret, such as a token.</param>
/// <param name="Expected">The message to expect; null to send one.</param>
internal sealed record ConversationStep(string? Text, Expectation? Expected);
