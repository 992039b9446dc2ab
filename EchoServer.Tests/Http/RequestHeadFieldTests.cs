using EchoServer.Http;

namespace EchoServer.Tests.Http;

internal sealed class RequestHeadFieldTests
{
    [TestCase("Connection: Upgrade", TestName = "{m}(alone)")]
    [TestCase("cONNECTION: Upgrade", TestName = "{m}(RFC 9110 §5.1 name in another case)")]
    [TestCase("Connection: uPGRADE", TestName = "{m}(token in another case)")]
    [TestCase("Connection: keep-alive, Upgrade", TestName = "{m}(second)")]
    [TestCase("Connection:keep-alive,Upgrade,x", TestName = "{m}(no space)")]
    [TestCase("Connection: \t keep-alive \t,\t Upgrade \t , x", TestName = "{m}(much space)")]
    [TestCase("Connection: ,, ,Upgrade,,", TestName = "{m}(RFC 9110 §5.6.1 empty elements)")]
    [TestCase("Connection: keep-alive", "Host: a", "connection: upgrade", TestName = "{m}(RFC 9110 §5.3 another line)")]
    [TestCase("Connection:", "Connection: Upgrade", TestName = "{m}(empty line of that name first)")]
    public void A_list_contains_the_token(params string[] lines) =>
        Assert.That(HeadOutcome.Sound(Text(lines)).Fields.ListContains("Connection"u8, "Upgrade"u8), Is.True);

    [TestCase("Host: Upgrade", TestName = "{m}(no such field)")]
    [TestCase("Connections: Upgrade", "XConnection: Upgrade", TestName = "{m}(longer name)")]
    [TestCase("Connectio: Upgrade", TestName = "{m}(shorter name)")]
    [TestCase("Connection:", TestName = "{m}(empty)")]
    [TestCase("Connection: , ,", TestName = "{m}(empty elements alone)")]
    [TestCase("Connection: Upgraded, xUpgrade", TestName = "{m}(longer token)")]
    [TestCase("Connection: Upgrad", TestName = "{m}(shorter token)")]
    [TestCase("Connection: keep-alive Upgrade", TestName = "{m}(two words)")]
    [TestCase("Connection: keep-alive;Upgrade", TestName = "{m}(semicolon)")]
    [TestCase("Connection: \"Upgrade\"", TestName = "{m}(quoted)")]
    [TestCase("Connection: Up", "Connection: grade", TestName = "{m}(split over two lines)")]
    public void A_list_does_not_contain_the_token(params string[] lines) =>
        Assert.That(HeadOutcome.Sound(Text(lines)).Fields.ListContains("Connection"u8, "Upgrade"u8), Is.False);

    [TestCase(0, "", "Other: x", "Name-x: y", "xName: z", TestName = "{m}(absent)")]
    [TestCase(1, "v", "Other: x", "Name: v", TestName = "{m}(once)")]
    [TestCase(1, "v", "name: v", TestName = "{m}(lower case)")]
    [TestCase(1, "v", "NAME: v", TestName = "{m}(upper case)")]
    [TestCase(1, "", "Name:", TestName = "{m}(empty)")]
    [TestCase(1, "a, b", "Name:  a, b\t", TestName = "{m}(a list is one value)")]
    [TestCase(2, "v", "Name: v", "name: v", TestName = "{m}(repeated with the same value)")]
    [TestCase(3, "", "Name: ", "NAME: v", "Other: x", "name: w", TestName = "{m}(first of three is empty)")]
    public void Find_counts_and_gives_the_first(int count, string first, params string[] lines)
    {
        int found = HeadOutcome.Sound(Text(lines)).Find("Name"u8, out ReadOnlySpan<byte> value);
        Assert.That(found, Is.EqualTo(count));
        Assert.That(Encoding.Latin1.GetString(value), Is.EqualTo(first));
    }

    [TestCase("", "Other: x")]
    [TestCase("a", "Name: a")]
    [TestCase("c", "name: a, b,\t c ")]
    [TestCase("d", "Name: a, b", "Other: x", "NAME: c,d")]
    [TestCase("", "Name: a,")]
    public void The_last_element_of_a_list_is_that_of_the_last_field(string last, params string[] lines) =>
        Assert.That(Encoding.Latin1.GetString(HeadOutcome.Sound(Text(lines)).Fields.LastOfList("Name"u8)), Is.EqualTo(last));

    [Test]
    public void A_token_has_exactly_the_bytes_of_RFC_9110_section_5_6_2()
    {
        const string tchar = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        IEnumerable<byte> alone = Enumerable.Range(0, 256).Select(b => (byte)b).Where(b => HeaderFields.IsToken([b]));
        IEnumerable<byte> last = Enumerable.Range(0, 256).Select(b => (byte)b).Where(b => HeaderFields.IsToken([(byte)'a', b]));
        Assert.That(alone, Is.EquivalentTo(Encoding.ASCII.GetBytes(tchar)));
        Assert.That(last, Is.EquivalentTo(Encoding.ASCII.GetBytes(tchar)));
        Assert.That(HeaderFields.IsToken([]), Is.False);
    }

    [TestCase("", "")]
    [TestCase(" \t ", "")]
    [TestCase("a", "a")]
    [TestCase("\t a \t b\t ", "a \t b")]
    [TestCase("\r\na\u00a0", "\r\na\u00a0", Description = "RFC 9110 §5.6.3: white space is space and tab, nothing else")]
    public void White_space_is_taken_off_both_ends(string text, string trimmed)
    {
        ReadOnlySpan<byte> result = HeaderFields.TrimWhiteSpace(Encoding.Latin1.GetBytes(text));
        Assert.That(Encoding.Latin1.GetString(result), Is.EqualTo(trimmed));
    }

    private static string Text(string[] lines) => string.Join("\r\n", ["GET / HTTP/1.1", .. lines, "", ""]);
}
