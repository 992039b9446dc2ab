using EchoServer.Check;
using EchoServer.Check.Conversations;

namespace EchoServer.Tests.Check;

/// <summary>A conversation of the user's own: it comes out as expected, or the check names the message that came instead.</summary>
[Parallelizable(ParallelScope.Children)]
internal sealed class ConversationTests
{
    [Test]
    public async Task It_comes_out_as_expected_with_its_times()
    {
        using AppServer app = AppServer.OfJson("welcome");
        Checks checks = await RunAsync(app, "<welcome", ">{1}", ">{2}", "<[{1}]", "</^.\\{2\\}.$/");
        Assert.That(checks.Which(Outcome.Fail), Is.Empty);
        Assert.That(checks["conversation"].Text, Does.Match("^2 sent, 3 came as expected, after [0-9.]+ ms, [0-9.]+ ms, [0-9.]+ ms$"));
        Assert.That((double[])checks["conversation"].Facts.Single(fact => fact.Name == "answerMilliseconds").Value!, Has.Length.EqualTo(3).And.All.Positive);
        Assert.That(app.Received.Where(frame => frame.Opcode == WireFrame.TextOpcode).Select(frame => frame.Payload), Is.EqualTo(new[] { "{1}"u8.ToArray(), "{2}"u8.ToArray() }));
    }

    [Test]
    public async Task Messages_that_come_unasked_are_passed_over()
    {
        using var app = new AppServer(message => [WireFrame.Text("news"), new WireFrame(WireFrame.BinaryOpcode, message.Payload), WireFrame.Text("more")], peer => peer.Send(WireFrame.Text("hello") with { Masked = false }));
        Checks checks = await RunAsync(app, ">ö", "<ö", ">", "<");
        checks.Expect("conversation", Outcome.Pass, "2 sent, 2 came as expected");
    }

    [Test]
    public async Task An_answer_that_does_not_come_is_named_with_what_came()
    {
        using AppServer app = AppServer.OfJson("welcome");
        Checks checks = await RunAsync(app, ">{\"token\":\"geheim\"}", "<welcome", "<[]");
        checks.Expect("conversation", Outcome.Fail, "expected message 2 did not come within 3 s", "the server sent no message that is '[]' within 3 s; another one came: '[{\"token\"");
        checks.Expect("close", Outcome.Pass, "");

        Checks twice = await RunAsync(app, ">{1}", ">{2}", "</nothing/");
        twice.Expect("conversation", Outcome.Fail, "expected message 1 did not come within 3 s", "no message that matches '/nothing/' within 3 s; 3 others came, the last: '[{2}]'");
    }

    [Test]
    public async Task What_was_sent_is_not_shown()
    {
        using AppServer app = AppServer.Silent();
        Checks checks = await RunAsync(app, ">geheim", "<ok");
        Assert.That(checks["conversation"].ToString(), Does.Contain("expected message 1 did not come within 3 s").And.Not.Contain("geheim"));
    }

    [Test]
    public async Task A_Close_in_the_middle_is_named()
    {
        using AppServer app = AppServer.OfJson();
        Checks checks = await RunAsync(app, ">{}", "<[{}]", ">hi", "<ok");
        checks.Expect("conversation", Outcome.Fail, "Close 1003 UnsupportedData 'not JSON' instead of expected message 2", "does not take this kind of message");
        using ScriptedServer cutting = EchoScripts.Server((_, _, message) => message.Opcode == WireFrame.TextOpcode ? EchoScripts.Cut : EchoScripts.Good(message));
        Checks cut = await RunAsync(cutting.Url.AbsoluteUri, ">{}", "<ok");
        cut.Expect("conversation", Outcome.Fail, "(FIN), without a Close instead of expected message 1");
    }

    [TestCase("pong", "pong", true)]
    [TestCase("pong", "PONG", false)]
    [TestCase("pong", "a pong", false)]
    [TestCase("/pong/", "a pong", true)]
    [TestCase("/^pong$/", "a pong", false)]
    [TestCase("/(?i)PONG/", "pong", true)]
    [TestCase("//a//", "x/a/y", true)]
    [TestCase("/", "/", true)]
    [TestCase("/a", "/a", true)]
    [TestCase("//", "anything", true)]
    [TestCase("", "", true)]
    [TestCase("", "x", false)]
    [TestCase("/ü{2}/", "üü", true)]
    public void A_text_is_the_whole_message_and_a_regular_expression_is_found_in_it(string expected, string message, bool matches)
    {
        Assert.That(Expectation.TryParse(expected, out Expectation expectation), Is.True);
        Assert.That(expectation.Matches(Encoding.UTF8.GetBytes(message)), Is.EqualTo(matches));
    }

    /// <summary>Backtracking tries 2 to the power of 60 ways to divide the message.</summary>
    [Test]
    public async Task A_regular_expression_cannot_take_for_ever()
    {
        using var app = new AppServer(_ => [WireFrame.Text(new string('a', 60) + "!")]);
        Checks checks = await RunAsync(app, ">", "</^(a+)+$/");
        checks.Expect(
            "conversation", Outcome.Fail, "no result of the regular expression for a text message of 61 bytes within 2 s",
            "'/^(a+)+$/' backtracks for too long in this message", "nested repetitions");
    }

    [Test]
    public void A_regular_expression_that_is_not_valid_is_refused([Values("/[/", "/(a/", "/*/")] string expected) =>
        Assert.That(Expectation.TryParse(expected, out _), Is.False);

    private static Task<Checks> RunAsync(AppServer app, params string[] steps) => RunAsync(app.Url, steps);

    /// <param name="url">Where to.</param>
    /// <param name="steps">The messages to send, with &gt; in front, and to expect, with &lt;.</param>
    private static Task<Checks> RunAsync(string url, params string[] steps) => Checks.RunAsync(
        url,
        options => options with { Conversation = [.. steps.Select(Step)] },
        options => options with { Timeout = Wait.Lapse });

    private static ConversationStep Step(string text) => text[0] == '>'
        ? new(text[1..], null)
        : Expectation.TryParse(text[1..], out Expectation expected) ? new(null, expected) : throw new ArgumentException(text);
}
