using System.Text;
using EchoServer.Http;

namespace EchoServer.Tests.Http;

internal sealed class RequestHeadFieldTests
{
    private static IEnumerable<TestCaseData> ListsWithUpgrade()
    {
        yield return Lines("alone", "Connection: Upgrade");
        yield return Lines("RFC 9110 §5.1 name in another case", "cONNECTION: Upgrade");
        yield return Lines("token in another case", "Connection: uPGRADE");
        yield return Lines("second", "Connection: keep-alive, Upgrade");
        yield return Lines("no space", "Connection:keep-alive,Upgrade,x");
        yield return Lines("much space", "Connection: \t keep-alive \t,\t Upgrade \t , x");
        yield return Lines("RFC 9110 §5.6.1 empty elements", "Connection: ,, ,Upgrade,,");
        yield return Lines("RFC 9110 §5.3 another line", "Connection: keep-alive", "Host: a", "connection: upgrade");
        yield return Lines("empty line of that name first", "Connection:", "Connection: Upgrade");
    }

    private static IEnumerable<TestCaseData> ListsWithoutUpgrade()
    {
        yield return Lines("no such field", "Host: Upgrade");
        yield return Lines("longer name", "Connections: Upgrade", "XConnection: Upgrade");
        yield return Lines("shorter name", "Connectio: Upgrade");
        yield return Lines("empty", "Connection:");
        yield return Lines("empty elements alone", "Connection: , ,");
        yield return Lines("longer token", "Connection: Upgraded, xUpgrade");
        yield return Lines("shorter token", "Connection: Upgrad");
        yield return Lines("two words", "Connection: keep-alive Upgrade");
        yield return Lines("semicolon", "Connection: keep-alive;Upgrade");
        yield return Lines("quoted", "Connection: \"Upgrade\"");
        yield return Lines("split over two lines", "Connection: Up", "Connection: grade");
    }

    private static IEnumerable<TestCaseData> Lookups()
    {
        yield return Lookup(0, "", "absent", "Other: x", "Name-x: y", "xName: z");
        yield return Lookup(1, "v", "once", "Other: x", "Name: v");
        yield return Lookup(1, "v", "lower case", "name: v");
        yield return Lookup(1, "v", "upper case", "NAME: v");
        yield return Lookup(1, "", "empty", "Name:");
        yield return Lookup(1, "a, b", "a list is one value", "Name:  a, b\t");
        yield return Lookup(2, "v", "repeated with the same value", "Name: v", "name: v");
        yield return Lookup(3, "", "first of three is empty", "Name: ", "NAME: v", "Other: x", "name: w");
    }

    [TestCaseSource(nameof(ListsWithUpgrade))]
    public void A_list_contains_the_token(string lines) =>
        Assert.That(HeadOutcome.Sound(lines).Fields.ListContains("Connection"u8, "Upgrade"u8), Is.True);

    [TestCaseSource(nameof(ListsWithoutUpgrade))]
    public void A_list_does_not_contain_the_token(string lines) =>
        Assert.That(HeadOutcome.Sound(lines).Fields.ListContains("Connection"u8, "Upgrade"u8), Is.False);

    [TestCaseSource(nameof(Lookups))]
    public void Find_counts_and_gives_the_first(string lines, int count, string first)
    {
        int found = HeadOutcome.Sound(lines).Find("Name"u8, out ReadOnlySpan<byte> value);
        Assert.That(found, Is.EqualTo(count));
        Assert.That(Encoding.Latin1.GetString(value), Is.EqualTo(first));
    }

    [Test]
    public void A_token_has_exactly_the_bytes_of_RFC_9110_section_5_6_2()
    {
        const string tchar = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        IEnumerable<byte> alone = Enumerable.Range(0, 256).Select(b => (byte)b).Where(b => FieldSection.IsToken([b]));
        IEnumerable<byte> last = Enumerable.Range(0, 256).Select(b => (byte)b).Where(b => FieldSection.IsToken([(byte)'a', b]));
        Assert.That(alone, Is.EquivalentTo(Encoding.ASCII.GetBytes(tchar)));
        Assert.That(last, Is.EquivalentTo(Encoding.ASCII.GetBytes(tchar)));
        Assert.That(FieldSection.IsToken([]), Is.False);
    }

    [TestCase("", "")]
    [TestCase(" \t ", "")]
    [TestCase("a", "a")]
    [TestCase("\t a \t b\t ", "a \t b")]
    [TestCase("\r\na\u00a0", "\r\na\u00a0", Description = "RFC 9110 §5.6.3: white space is space and tab, nothing else")]
    public void White_space_is_taken_off_both_ends(string text, string trimmed)
    {
        ReadOnlySpan<byte> result = FieldSection.TrimWhiteSpace(Encoding.Latin1.GetBytes(text));
        Assert.That(Encoding.Latin1.GetString(result), Is.EqualTo(trimmed));
    }

    private static TestCaseData Lines(string name, params string[] lines) => new TestCaseData(Text(lines)).SetName($"{{m}}({name})");

    private static TestCaseData Lookup(int count, string first, string name, params string[] lines) =>
        new TestCaseData(Text(lines), count, first).SetName($"{{m}}({name})");

    private static string Text(string[] lines) => string.Join("\r\n", ["GET / HTTP/1.1", .. lines, "", ""]);
}
