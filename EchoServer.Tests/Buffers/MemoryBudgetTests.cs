using EchoServer.Buffers;

namespace EchoServer.Tests.Buffers;

/// <summary>The bound on what all connections together make the server keep.</summary>
internal sealed class MemoryBudgetTests
{
    private const int Limit = 1000;

    [Test]
    public void What_is_refused_is_not_taken_not_even_for_the_peak()
    {
        var budget = new MemoryBudget(Limit);
        Assert.That(budget.TryTake(600), Is.True);
        Assert.That(budget.TryTake(401), Is.False);
        Assert.That((budget.Used, budget.Peak), Is.EqualTo((600L, 600L)));
        Assert.That(budget.TryTake(400), Is.True);
        budget.GiveBack(Limit);
        Assert.That((budget.Used, budget.Peak), Is.EqualTo((0L, 1000L)));
    }

    [Test]
    public void What_is_not_needed_is_given_while_half_is_free_after_it()
    {
        var budget = new MemoryBudget(Limit);
        Assert.That(budget.TryTakeSpare(501), Is.False);
        Assert.That(budget.TryTakeSpare(500), Is.True);
        Assert.That(budget.TryTakeSpare(1), Is.False);
        Assert.That((budget.Used, budget.Peak), Is.EqualTo((500L, 500L)));
    }

    [Test]
    public void Nothing_is_always_to_be_had()
    {
        var budget = new MemoryBudget(Limit);
        Assert.That(budget.TryTake(Limit), Is.True);
        Assert.That(budget.TryTake(0), Is.True);
        Assert.That(budget.TryTakeSpare(0), Is.True);
    }

    [Test]
    public void Who_asks_for_too_much_keeps_nobody_else_from_a_little()
    {
        var budget = new MemoryBudget(Limit);
        Assert.That(budget.TryTake(Limit - 1), Is.True);
        int refused = 0;
        using var stop = new CancellationTokenSource();
        var greedy = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                budget.TryTake(Limit);
            }
        });
        greedy.Start();
        for (int i = 0; i < 200_000; i++)
        {
            if (budget.TryTake(1))
            {
                budget.GiveBack(1);
            }
            else
            {
                refused++;
            }
        }

        stop.Cancel();
        greedy.Join();
        Assert.That((refused, budget.Used), Is.EqualTo((0, Limit - 1L)));
    }
}
