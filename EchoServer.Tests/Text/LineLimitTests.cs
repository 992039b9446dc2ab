namespace EchoServer.Tests.Text;

/// <summary>Which lines of a flood are shown, and when the others are told: by a clock of the test's.</summary>
internal sealed class LineLimitTests
{
    private const int Kind = 400;

    [Test]
    public void A_few_lines_a_second_are_all_shown()
    {
        var limit = new LineLimit();
        Assert.That(Enumerable.Range(0, 50).Select(i => limit.TryTake(Kind, 200 * i)), Has.All.True);
        Assert.That(limit.TakeOmitted(long.MaxValue, isLast: true), Is.Null);
    }

    [Test]
    public void Of_a_flood_the_first_are_shown_and_the_rest_is_told_when_it_is_over()
    {
        var limit = new LineLimit();

        // One each millisecond for ten seconds.
        bool[] shown = [.. Enumerable.Range(0, 10_000).Select(now => limit.TryTake(Kind, now))];
        Assert.That(shown[..LineLimit.MaxLines], Has.All.True);
        Assert.That(shown[LineLimit.MaxLines..], Has.All.False);
        Assert.That(limit.TakeOmitted(10_999, isLast: false), Is.Null, "a second without any is not over");
        Assert.That(limit.TakeOmitted(11_000, isLast: false), Is.EqualTo((Kind, 10_000L - LineLimit.MaxLines, 11_000L - LineLimit.MaxLines)));
        Assert.That(limit.TakeOmitted(11_000, isLast: true), Is.Null, "told once");
        Assert.That(limit.TryTake(Kind, 11_000), Is.True);
    }

    [Test]
    public void The_rest_is_told_when_there_are_few_again()
    {
        var limit = new LineLimit();
        for (int i = 0; i < 100; i++)
        {
            limit.TryTake(Kind, 0);
        }

        Assert.That(limit.TryTake(Kind, 1500), Is.False, "counted too: no line is shown before those that were omitted are told");
        Assert.That(limit.TakeOmitted(2499, isLast: false), Is.Null);
        Assert.That(limit.TakeOmitted(2500, isLast: false), Is.EqualTo((Kind, 96L, 2500L)));
    }

    [Test]
    public void A_long_flood_is_told_each_minute()
    {
        var limit = new LineLimit();
        long told = 0;
        int shown = 0;
        var times = new List<long>();
        for (long now = 0; now < 150_000; now += 10)
        {
            shown += limit.TryTake(Kind, now) ? 1 : 0;
            if (limit.TakeOmitted(now, isLast: false) is (_, long count, _))
            {
                told += count;
                times.Add(now);
            }
        }

        Assert.That(times, Has.Count.EqualTo(2));
        Assert.That(shown, Is.EqualTo(3 * LineLimit.MaxLines));
        told += limit.TakeOmitted(150_000, isLast: true)!.Value.Count;
        Assert.That(told + shown, Is.EqualTo(15_000));
    }

    [Test]
    public void A_flood_of_one_kind_does_not_hide_another()
    {
        var limit = new LineLimit();
        for (int i = 0; i < 100; i++)
        {
            limit.TryTake(Kind, 0);
        }

        Assert.That(limit.TryTake(403, 0), Is.True);
        Assert.That(limit.TakeOmitted(0, isLast: true)!.Value.Kind, Is.EqualTo(Kind));
        Assert.That(limit.TakeOmitted(0, isLast: true), Is.Null);
    }
}
