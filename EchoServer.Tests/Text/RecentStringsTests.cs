namespace EchoServer.Tests.Text;

internal sealed class RecentStringsTests
{
    [Test]
    public void Equal_bytes_share_a_string_and_others_do_not()
    {
        var strings = new RecentStrings();
        string host = strings.Of("echo.example.com"u8);
        Assert.That(host, Is.EqualTo("echo.example.com"));
        Assert.That(strings.Of("/raw"u8), Is.EqualTo("/raw"));
        Assert.That(strings.Of("echo.example.com"u8), Is.SameAs(host));
        Assert.That(strings.Of(""u8), Is.Empty);
    }

    [Test]
    public void Many_different_strings_take_no_more_room_and_are_right()
    {
        var strings = new RecentStrings();
        string first = strings.Of("/0"u8);
        for (int i = 0; i < 100; i++)
        {
            Assert.That(strings.Of(Encoding.ASCII.GetBytes($"/{i}")), Is.EqualTo($"/{i}"));
        }

        Assert.That(strings.Of("/0"u8), Is.EqualTo(first).And.Not.SameAs(first));
    }

    [Test]
    public void Bytes_beyond_ASCII_are_Latin_1() => Assert.That(new RecentStrings().Of([0x2F, 0xE9]), Is.EqualTo("/é"));
}
