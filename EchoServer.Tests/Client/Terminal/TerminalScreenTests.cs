using EchoServer.Client.Terminal;

namespace EchoServer.Tests.Client.Terminal;

/// <summary>A line that is longer than a line may be, as one that is pasted.</summary>
internal sealed class TerminalScreenTests
{
    private const string Limit = "a line has 65536 characters at most; /file sends a longer message";

    [Test]
    public void A_line_without_its_end_is_not_sent()
    {
        using var shown = new MemoryStream();
        using var screen = new TerminalScreen(shown);
        Assert.That(Type(screen, new string('x', LineEditor.MaxCharacters) + "yz\r"), Is.Empty);

        // Broken between words at the terminal's width.
        string text = Regex.Replace(Text(shown), @"\s+", " ");
        Assert.That(text, Does.Contain($"further characters are dropped: {Limit} ").And.EndsWith($"not sent, because its end is missing: {Limit} "));

        // It is not remembered, and the next line is a line like any other.
        Assert.That(Type(screen, "\u0010\r"), Is.Empty);
        Assert.That(Type(screen, "next\r"), Is.EqualTo("next"));
        Assert.That(Text(shown).Split("further characters"), Has.Length.EqualTo(2));
    }

    [Test]
    public void The_longest_line_is_sent_whole()
    {
        using var shown = new MemoryStream();
        using var screen = new TerminalScreen(shown);
        string longest = new('x', LineEditor.MaxCharacters);
        Assert.That(Type(screen, longest + "\r"), Is.EqualTo(longest));
        Assert.That(Text(shown), Does.Not.Contain("dropped"));
    }

    [Test]
    public void A_line_that_was_deleted_counts_no_more()
    {
        using var shown = new MemoryStream();
        using var screen = new TerminalScreen(shown);
        Assert.That(Type(screen, new string('x', LineEditor.MaxCharacters + 1) + "\u0015new\r"), Is.EqualTo("new"));
    }

    private static string Type(TerminalScreen screen, string keys)
    {
        string line = "";
        foreach (char key in keys)
        {
            screen.Apply(new ConsoleKeyInfo(key, key == '\r' ? ConsoleKey.Enter : ConsoleKey.None, shift: false, alt: false, control: false), out line);
        }

        return line;
    }

    private static string Text(MemoryStream shown) => Encoding.UTF8.GetString(shown.ToArray());
}
