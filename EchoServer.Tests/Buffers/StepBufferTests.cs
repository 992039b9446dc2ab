using EchoServer.Buffers;

namespace EchoServer.Tests.Buffers;

/// <summary>The memory of one step, and how it becomes memory that is kept.</summary>
internal sealed class StepBufferTests
{
    private const int Kibibyte = 1024;

    private static readonly byte[] Content = "0123456789"u8.ToArray();

    [TestCase(0, false)]
    [TestCase(1, false)]
    [TestCase(StepBuffer.MaxArrayBytes, false)]
    [TestCase(StepBuffer.MaxArrayBytes + 1, true)]
    public void Up_to_64_KiB_it_is_an_array_of_the_pool(int bytes, bool isNative)
    {
        using var buffer = new StepBuffer(bytes);
        Assert.That(buffer.IsNative, Is.EqualTo(isNative));
        Assert.That(buffer.Length, Is.GreaterThanOrEqualTo(bytes).And.EqualTo(buffer.Span.Length));
    }

    [TestCase(100, 1_000)]
    [TestCase(100, 100 * Kibibyte)]
    [TestCase(100 * Kibibyte, 300 * Kibibyte)]
    [TestCase(100 * Kibibyte, 100)]
    public void What_is_used_lies_at_the_start_after_it_has_grown(int bytes, int more)
    {
        var buffer = new StepBuffer(bytes);
        Content.CopyTo(buffer.Span[3..]);
        buffer.Grow(5..13, more);
        Assert.That(buffer.Length, Is.AtLeast(more));
        Assert.That(buffer.Span[..8].ToArray(), Is.EqualTo(Content[2..]));
        buffer.Dispose();
        Assert.That(buffer.Length, Is.Zero);
    }

    [Test]
    public void What_is_kept_is_native_and_counted_whole([Values(100, StepBuffer.MaxArrayBytes, 100 * Kibibyte)] int bytes)
    {
        var budget = new MemoryBudget(1024 * Kibibyte);
        var buffer = new StepBuffer(bytes);
        Content.CopyTo(buffer.Span[3..]);
        Assert.That(buffer.TryKeep(5..13, budget), Is.True);
        Assert.That(buffer.IsNative, Is.True);
        Assert.That(budget.Used, Is.EqualTo(buffer.Length));
        Assert.That(buffer.Span[..8].ToArray(), Is.EqualTo(Content[2..]));
        buffer.Dispose();
    }

    [Test]
    public void What_the_budget_refuses_stays_as_it_is([Values(100, 100 * Kibibyte)] int bytes)
    {
        var budget = new MemoryBudget(10);
        var buffer = new StepBuffer(bytes);
        Content.CopyTo(buffer.Span[3..]);
        Assert.That(buffer.TryKeep(3..13, budget), Is.False);
        Assert.That(budget.Used, Is.Zero);
        Assert.That(buffer.Span.Slice(3, Content.Length).ToArray(), Is.EqualTo(Content));
        buffer.Dispose();
    }
}
