namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>
/// The conformance table is all there: a group that is lost, or a row that can prove nothing, would not fail by itself.
/// </summary>
internal sealed class TableTests
{
    [TestCase("1 framing", 18)]
    [TestCase("2 pings and pongs", 15)]
    [TestCase("3 reserved bits", 70)]
    [TestCase("4 opcodes", 60)]
    [TestCase("5 fragmentation", 53)]
    [TestCase("5 order of fragments", 32)]
    [TestCase("6 valid UTF-8", 136)]
    [TestCase("6 invalid UTF-8", 498)]
    [TestCase("7 close", 94)]
    [TestCase("9 large messages", 38)]
    [TestCase("10 many fragments", 6)]
    [TestCase("masking", 52)]
    [TestCase("lengths", 70)]
    public void GroupIsPresent(string group, int atLeast)
    {
        Assert.That(ConformanceTable.Groups, Does.ContainKey(group));
        Assert.That(ConformanceTable.Groups[group], Has.Count.AtLeast(atLeast));
    }

    [Test]
    public void HasNoGroupThatIsNotChecked() => Assert.That(ConformanceTable.Groups, Has.Count.EqualTo(13));

    [Test]
    public void HasMoreThan300CasesWithUniqueNames()
    {
        string?[] names = [.. ConformanceTable.All().Select(row => row.TestName)];

        Assert.That(names, Has.Length.GreaterThan(300));
        Assert.That(names, Is.Unique);
    }

    [Test]
    public void EachCaseExpectsSomethingAndNothingAfterTheEnd()
    {
        foreach (ConformanceCase row in ConformanceTable.Groups.Values.SelectMany(cases => cases))
        {
            Assert.That(row.Events, Is.Not.Empty, $"{row}");
            Assert.That(row.Events.SkipLast(1).Any(e => e.IsLast), Is.False, $"{row}");
        }
    }

    /// <summary>What breaks off inside a frame must be refused there: otherwise no runner would see an end.</summary>
    [Test]
    public void OnlyViolationsBreakOffInsideAFrame()
    {
        foreach (ConformanceCase row in ConformanceTable.Groups.Values.SelectMany(cases => cases))
        {
            WireFrame last = row.Frames.Last();
            if (last.DeclaredLength > (ulong)last.Payload.Length)
            {
                Assert.That(row.Events[^1].Kind, Is.EqualTo(WireEventKind.Violation), $"{row}");
            }
        }
    }
}
