using EchoServer.Http;
using EchoServer.WebSockets;

namespace EchoServer.Tests.Http;

internal sealed class RequestHeadLimitTests
{
    // Written out, so that a changed limit is noticed.
    private const int MaxBytes = 16_384;
    private const int MaxFields = 100;

    private const string TooLarge = "The request head is larger than 16384 bytes.";
    private const string TooManyFields = "The request has more than 100 header lines.";

    private static IEnumerable<TestCaseData> HeadsOfBytes()
    {
        yield return new TestCaseData(MaxBytes, 1).SetName("{m}(one long field)");
        yield return new TestCaseData(MaxBytes, MaxFields).SetName("{m}(as many fields as there may be)");
    }

    private static IEnumerable<TestCaseData> EndlessHeads()
    {
        yield return new TestCaseData(new string('G', MaxBytes)).SetName("{m}(method)");
        yield return new TestCaseData("\r\n" + new string('G', MaxBytes - 2)).SetName("{m}(method behind CRLF)");
        yield return new TestCaseData("GET /" + new string('a', MaxBytes - 5)).SetName("{m}(target)");
        yield return new TestCaseData(Head(MaxBytes + 2, 1)[..MaxBytes]).SetName("{m}(field)");
        yield return new TestCaseData(Head(MaxBytes + 4, 1)[..MaxBytes]).SetName("{m}(all but the empty line)");
    }

    [TestCaseSource(nameof(HeadsOfBytes))]
    public void A_head_of_exactly_the_limit_passes(int size, int fields)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(Head(size, fields));
        Assert.That(bytes, Has.Length.EqualTo(size));
        foreach (int[] pieces in Splits.Of(size))
        {
            HeadOutcome outcome = HeadOutcome.Of(bytes, pieces);
            Assert.That((outcome.Status, outcome.Size), Is.EqualTo((ParseStatus.Done, size)), () => $"first piece of {pieces[0]}");
        }
    }

    [TestCaseSource(nameof(HeadsOfBytes))]
    public void One_byte_over_the_limit_is_431(int size, int fields)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(Head(size + 1, fields));
        var expected = new HeadOutcome(ParseStatus.Bad, new(HttpStatus.RequestHeaderFieldsTooLarge, TooLarge));
        foreach (int[] pieces in Splits.Of(bytes.Length))
        {
            Assert.That(HeadOutcome.Of(bytes, pieces), Is.EqualTo(expected), () => $"first piece of {pieces[0]}");
        }
    }

    [TestCaseSource(nameof(EndlessHeads))]
    public void A_head_without_end_is_431_as_soon_as_it_fills_the_limit(string text)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        Assert.That(bytes, Has.Length.EqualTo(MaxBytes));
        HeadOutcome before = HeadOutcome.Of(bytes.AsSpan(0, MaxBytes - 1), Enumerable.Repeat(1, MaxBytes - 1));
        Assert.That(before, Is.EqualTo(HeadOutcome.NeedMore));
        Assert.That(HeadOutcome.OfPrefix(bytes, MaxBytes - 1).Rejection?.Reason, Is.EqualTo(TooLarge));
        Assert.That(HeadOutcome.OfPrefix(bytes).Rejection?.Reason, Is.EqualTo(TooLarge));
    }

    [Test]
    public void Bytes_behind_the_head_do_not_count()
    {
        byte[] bytes = [.. Encoding.ASCII.GetBytes(Head(MaxBytes, 2)), .. new byte[100_000]];
        HeadOutcome outcome = HeadOutcome.OfPrefix(bytes);
        Assert.That((outcome.Status, outcome.Size), Is.EqualTo((ParseStatus.Done, MaxBytes)));
    }

    [Test]
    public void A_fault_in_a_line_that_is_complete_comes_before_the_limit()
    {
        HeadOutcome outcome = HeadOutcome.OfPrefix(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nA\r\n" + new string('b', MaxBytes)));
        Assert.That(outcome.Rejection?.Reason, Does.Contain("has no colon"));
    }

    [Test]
    public void A_hundred_fields_pass()
    {
        byte[] bytes = Encoding.ASCII.GetBytes(Head(MaxFields * 10, MaxFields));
        HeadOutcome whole = HeadOutcome.OfPrefix(bytes);
        Assert.That(whole.Status, Is.EqualTo(ParseStatus.Done));
        Assert.That(whole.Fields.Split('|'), Has.Length.EqualTo(MaxFields));
        foreach (int[] pieces in Splits.Of(bytes.Length))
        {
            Assert.That(HeadOutcome.Of(bytes, pieces), Is.EqualTo(whole), () => $"first piece of {pieces[0]}");
        }
    }

    [Test]
    public void A_hundred_and_one_fields_are_431()
    {
        byte[] bytes = Encoding.ASCII.GetBytes(Head(MaxFields * 10, MaxFields + 1));
        var expected = new HeadOutcome(ParseStatus.Bad, new(HttpStatus.RequestHeaderFieldsTooLarge, TooManyFields));
        foreach (int[] pieces in Splits.Of(bytes.Length))
        {
            Assert.That(HeadOutcome.Of(bytes, pieces), Is.EqualTo(expected), () => $"first piece of {pieces[0]}");
        }
    }

    /// <summary>A sound head of so many bytes and fields; the last field takes the remaining bytes.</summary>
    private static string Head(int size, int fields)
    {
        string start = "GET / HTTP/1.1\r\n" + string.Concat(Enumerable.Repeat("A: b\r\n", fields - 1)) + "X: ";
        const string end = "\r\n\r\n";
        return start + new string('x', size - start.Length - end.Length) + end;
    }
}
