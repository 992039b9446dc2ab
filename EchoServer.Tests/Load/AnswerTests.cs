using EchoServer.Load;
using EchoServer.Load.Report;

namespace EchoServer.Tests.Load;

/// <summary>Lines of the user's own, and servers that answer them with something else than echoes.</summary>
[Parallelizable(ParallelScope.Children)]
internal sealed class AnswerTests
{
    private const int Enough = 20;

    private static readonly byte[][] Lines = [.. ((string[])["one", "", "ä three"]).Select(Encoding.UTF8.GetBytes)];

    [Test]
    public async Task Each_connection_sends_the_lines_in_order_and_again([Values] bool expectsEcho)
    {
        var received = new ConcurrentDictionary<int, List<string>>();
        using ScriptedServer server = Serving((connection, message) =>
        {
            received.GetOrAdd(connection, _ => []).Add(Encoding.UTF8.GetString(message.Payload));
            return [message];
        });
        LoadOptions options = Options(server) with { Connections = 3, InFlight = 2, ExpectsEcho = expectsEcho };
        (LoadClient client, LoadResult result) = await LoadAgainst.RunAsync(options, client => client.Messages > 3 * Enough);
        Assert.That(client.Errors.Counts, Is.Empty, string.Join('\n', client.Errors.Counts));
        string[] lines = [.. Lines.Select(Encoding.UTF8.GetString)];
        List<string>[] ofLoad = [.. received.Where(connection => connection.Key > 0).Select(connection => connection.Value)];
        Assert.That(ofLoad, Has.Length.EqualTo(3));
        foreach (List<string> texts in ofLoad)
        {
            Assert.That(texts, Is.EqualTo(texts.Select((_, i) => lines[i % lines.Length])));
        }

        Assert.That((result.Sent, result.Messages, result.Bytes), Is.EqualTo((
            (long)ofLoad.Sum(texts => texts.Count), result.Sent, (long)ofLoad.Sum(texts => texts.Sum(Encoding.UTF8.GetByteCount)))));
    }

    [TestCase("onf", nameof(LoadError.EchoAltered))]
    [TestCase("on", nameof(LoadError.EchoTruncated))]
    [TestCase("ä three", nameof(LoadError.EchoDuplicated))]
    [TestCase("something else", nameof(LoadError.MessageUnexpected))]
    public async Task An_echo_of_a_line_is_compared(string wrong, string error)
    {
        int number = 0;
        using ScriptedServer server = Serving((connection, message) =>
            connection == 1 && number++ == 2 * Lines.Length ? [WireFrame.Text(wrong)] : [message]);
        (LoadClient client, _) = await LoadAgainst.RunAsync(
            Options(server) with { ExpectsEcho = true, EchoTimeout = TimeSpan.FromMilliseconds(100) }, client => client.Errors.Total > 0);
        Assert.That(client.Errors.Counts.Select(count => count.Kind), Has.Member(Enum.Parse<LoadError>(error)));
    }

    [Test]
    public async Task A_line_whose_echo_never_comes_is_missing_although_others_are_the_same()
    {
        int number = 0;
        using ScriptedServer server = Serving((connection, message) => connection == 1 && number++ == Enough ? [] : [message]);
        LoadOptions options = Options(server) with { Lines = [Lines[0]], ExpectsEcho = true, InFlight = 4, EchoTimeout = TimeSpan.FromMilliseconds(100) };
        (LoadClient client, _) = await LoadAgainst.RunAsync(options, client => client.Messages > 2 * Enough);
        LoadAgainst.AssertOnly(client.Errors, LoadError.EchoMissing);
    }

    [Test]
    public async Task One_answer_to_each_message_has_a_latency_and_a_greeting_is_none()
    {
        using ScriptedServer server = Serving((_, _) => [WireFrame.Text("{}")], "hello", "welcome");
        (LoadClient client, LoadResult result) = await LoadAgainst.RunAsync(Options(server), client => client.Messages > Enough);
        Assert.That((client.Errors.Total, client.Untimed, result.Unanswered), Is.EqualTo((0L, 0L, 0L)));
        Assert.That((result.Messages, result.Latency.Count, result.Bytes), Is.EqualTo((result.Sent, result.Sent, 2 * result.Sent)));
        Assert.That(new LoadReport(Options(server), client, result, 1).IsLatencyKnown, Is.True);
    }

    [TestCase(10)]
    [TestCase(null)]
    public async Task Several_answers_to_each_message_have_no_latency(int? most)
    {
        // At first, or always.
        int answered = 0;
        using ScriptedServer server = Serving((_, message) => ++answered > most ? [message] : [message, message]);
        LoadOptions options = Options(server) with { Rate = 100, InFlight = 100 };
        (LoadClient client, LoadResult result) = await LoadAgainst.RunAsync(options, client => client.Messages > Enough);
        Assert.That((client.Errors.Total, client.Untimed), Is.EqualTo((0L, most ?? result.Sent)));
        Assert.That(new LoadReport(options, client, result, 1) is { IsLatencyKnown: false, IsFine: true }, Is.True);
    }

    [Test]
    public async Task Messages_without_an_answer_are_counted_are_no_error_and_nothing_has_a_latency([Values(2, int.MaxValue)] int every)
    {
        int sent = 0;
        using ScriptedServer server = Serving((_, message) => ++sent % every == 0 ? [message] : []);
        LoadOptions options = Options(server) with { Rate = 100, InFlight = 4, EchoTimeout = TimeSpan.FromMilliseconds(100) };
        (LoadClient client, LoadResult result) = await LoadAgainst.RunAsync(options, _ => Volatile.Read(ref sent) > Enough);
        Assert.That((client.Errors.Total, result.Sent, result.Messages), Is.EqualTo((0L, (long)sent, (long)sent / every)));
        Assert.That(result.Unanswered, Is.EqualTo(result.Sent - result.Messages));
        Assert.That(new LoadReport(options, client, result, 1) is { IsLatencyKnown: false, IsFine: true }, Is.True);
    }

    [Test]
    public async Task Without_a_rate_the_next_message_waits_for_an_answer()
    {
        int sent = 0;
        using ScriptedServer server = Serving((_, _) =>
        {
            sent++;
            return [];
        });
        LoadOptions options = Options(server) with { InFlight = 3, EchoTimeout = TimeSpan.FromMilliseconds(100) };
        (_, LoadResult result) = await LoadAgainst.RunAsync(options, _ => Volatile.Read(ref sent) == 3);
        Assert.That((sent, result.Sent, result.Unanswered), Is.EqualTo((3, 3L, 3L)));
    }

    private static LoadOptions Options(ScriptedServer server) => LoadAgainst.Options(server) with { Lines = Lines, MessageBytes = Lines.Max(line => line.Length), ExpectsEcho = false };

    /// <summary>A server that answers pings as well.</summary>
    private static ScriptedServer Serving(Func<int, WireFrame, IEnumerable<WireFrame>> script, params string[] greetings) => ScriptedServer.Echoing(
        (connection, _, message) => message.Opcode == WireFrame.PingOpcode ? [WireFrame.Pong(message.Payload)] : script(connection, message), greetings);
}
