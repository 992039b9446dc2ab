using EchoServer.Http;

namespace EchoServer.Tests.Http;

internal sealed class EntityTagTests
{
    [TestCase("If-None-Match: \"abc\"", true)]
    [TestCase("if-none-match:\"abc\"", true)]
    [TestCase("If-None-Match: W/\"abc\"", true, TestName = "{m}(RFC 9110 §13.1.2 weak comparison)")]
    [TestCase("If-None-Match: \"x\", \"abc\"", true)]
    [TestCase("If-None-Match: \"x\"\r\nIf-None-Match: \"abc\"", true)]
    [TestCase("If-None-Match: *", true)]
    [TestCase("If-None-Match: \"abd\"", false)]
    [TestCase("If-None-Match: abc", false)]
    [TestCase("If-None-Match: \"ABC\"", false)]
    [TestCase("If-None-Match: w/\"abc\"", false)]
    [TestCase("If-None-Match: W/W/\"abc\"", false)]
    [TestCase("If-None-Match: \"a,\"abc\",c\"", true, TestName = "{m}(a list that is none is at worst taken for one)")]
    [TestCase("If-None-Match:", false)]
    [TestCase("If-Match: \"abc\"", false)]
    [TestCase("Host: a", false)]
    public void A_tag_is_known_when_If_None_Match_names_it(string lines, bool isKnown) =>
        Assert.That(EntityTag.IsKnownTo(HeadOutcome.Sound($"GET / HTTP/1.1\r\n{lines}\r\n\r\n"), "\"abc\""u8), Is.EqualTo(isKnown));
}
