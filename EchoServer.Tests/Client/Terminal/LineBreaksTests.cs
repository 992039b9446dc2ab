using EchoServer.Client.Terminal;

namespace EchoServer.Tests.Client.Terminal;

/// <summary>Where lines are broken on a terminal of ten columns. Lines that go on are indented.</summary>
internal sealed class LineBreaksTests
{
    [TestCase("", "")]
    [TestCase("0123456789", "0123456789")]
    [TestCase("one two th", "one two th")]
    [TestCase("one two thr", "one two\n  thr")]
    [TestCase("one two three four", "one two\n  three\n  four")]
    [TestCase("one  two  three", "one  two\n  three")]
    [TestCase("  one two three", "  one two\n  three")]
    [TestCase("one two thr\nfour\n\nfive six se", "one two\n  thr\nfour\n\nfive six\n  se")]
    [TestCase("0123456789 ab", "0123456789\n  ab", TestName = "{m}(a line that is just full)")]
    [TestCase("one two   ", "one two   ")]
    [TestCase("one two      ", "one two\n  ", TestName = "{m}(spaces at the end)")]

    // Words longer than a line begin behind the others, and the terminal breaks them: copied from it they are whole.
    [TestCase("< 0123456789abc", "< 0123456789abc")]
    [TestCase("< 0123456789abc de", "< 0123456789abc de")]
    [TestCase("< 0123456789abc defgh", "< 0123456789abc\n  defgh")]

    // Wide characters, those without width, and colours.
    [TestCase("日本 語日本", "日本\n  語日本")]
    [TestCase("日本 語日", "日本 語日")]
    [TestCase("e\u0301e\u0301e\u0301 abcdef", "e\u0301e\u0301e\u0301 abcdef")]
    [TestCase("\u001b[36m<\u001b[0m one two t", "\u001b[36m<\u001b[0m one two\n  t", TestName = "{m}(a colour in front)")]
    [TestCase("\u001b[2mone two th\u001b[0m", "\u001b[2mone two th\u001b[0m", TestName = "{m}(a colour around it)")]
    public void Lines_are_broken_between_words(string text, string expected) =>
        Assert.That(LineBreaks.Insert(text, columns: 10), Is.EqualTo(expected));
}
