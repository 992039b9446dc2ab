using EchoServer.Buffers;

namespace EchoServer.Tests.Buffers;

/// <summary>Memory outside the garbage-collected heap: how large it is, what it keeps when it grows, and what a budget sees of it.</summary>
/// <remarks>Alone: a thread that waits for the lock of the kept blocks allocates, and servers in other tests take that lock.</remarks>
[NonParallelizable]
internal sealed class NativeBufferTests
{
    private const int Kibibyte = 1024;
    private const int Mebibyte = 1024 * 1024;

    [Test]
    public void A_size_is_at_least_what_is_needed_less_than_a_quarter_or_a_page_more_and_its_own_size([Values] bool isAbove)
    {
        for (int power = 4; power <= 30; power++)
        {
            foreach (int offset in (int[])[0, 1, 7, (1 << power) / 3])
            {
                int needed = isAbove ? (1 << power) + offset : (1 << power) - Math.Min(offset, (1 << power) - 1);
                int size = NativeBuffer.SizeFor(needed);
                int most = needed > Environment.SystemPageSize ? Math.Max(needed / 4, Environment.SystemPageSize - 1) : Math.Max(needed / 4, 15);
                Assert.That(size - needed, Is.InRange(0, most), $"{needed} bytes");
                Assert.That(NativeBuffer.SizeFor(size), Is.EqualTo(size));
            }
        }
    }

    [TestCase(0, 16)]
    [TestCase(1, 16)]
    [TestCase(16, 16)]
    [TestCase(17, 32)]
    [TestCase(4096, 4096)]
    [TestCase(5_000, 8192)]
    [TestCase(64 * Kibibyte, 64 * Kibibyte)]
    [TestCase((64 * Kibibyte) + 10, 80 * Kibibyte)]
    [TestCase(Mebibyte, Mebibyte)]
    [TestCase(Mebibyte + 10, Mebibyte + (256 * Kibibyte))]
    public void Sizes_are_few_so_that_a_buffer_that_grows_in_small_steps_is_seldom_moved(int needed, int size) =>
        Assert.That(NativeBuffer.SizeFor(needed), Is.EqualTo(size));

    [Test]
    public void A_size_of_2_GiB_or_more_is_refused() => Assert.That(() => NativeBuffer.SizeFor(int.MaxValue), Throws.TypeOf<OverflowException>());

    [Test]
    public void Content_is_kept_at_each_growth()
    {
        // From malloc's heap to pages, to other pages, and on to pages that the kernel moves.
        NativeBuffer buffer = default;
        byte next = 0;
        int written = 0;
        foreach (int size in (int[])[1, 100, 5_000, 64 * Kibibyte, 127 * Kibibyte, 300 * Kibibyte, 5 * Mebibyte])
        {
            buffer.Grow(size);
            Assert.That(buffer.Length, Is.EqualTo(NativeBuffer.SizeFor(size)));
            for (; written < buffer.Length; written++)
            {
                buffer.Span[written] = next++;
            }

            next = 0;
            for (int i = 0; i < written; i++, next++)
            {
                if (buffer.Span[i] != next)
                {
                    Assert.Fail($"byte {i} is {buffer.Span[i]} after it grew to {size} bytes");
                }
            }
        }

        buffer.Free(budget: null);
        Assert.That(buffer.Length, Is.Zero);
    }

    [Test]
    public void The_budget_counts_the_bytes_that_are_there()
    {
        var budget = new MemoryBudget(Mebibyte);
        NativeBuffer buffer = default;
        foreach (int size in (int[])[1, 1_000, 70_000, 600_000, Mebibyte])
        {
            Assert.That(buffer.TryGrow(size, budget), Is.True);
            Assert.That(budget.Used, Is.EqualTo(buffer.Length));
        }

        buffer.Free(budget);
        Assert.That((budget.Used, budget.Peak), Is.EqualTo((0L, (long)Mebibyte)));
    }

    [Test]
    public void What_the_budget_refuses_changes_nothing()
    {
        var budget = new MemoryBudget(100);
        NativeBuffer buffer = default;
        Assert.That(buffer.TryGrow(101, budget), Is.False);
        Assert.That((budget.Used, buffer.Length), Is.EqualTo((0L, 0)));
        Assert.That(buffer.TryGrow(64, budget), Is.True);
        buffer.Span.Fill(7);
        Assert.That(buffer.TryGrow(65, budget), Is.True, "80 bytes");
        Assert.That(buffer.TryGrow(81, budget), Is.True, "96 bytes");
        Assert.That(buffer.TryGrow(97, budget), Is.False, "112 bytes");
        Assert.That((budget.Used, buffer.Length), Is.EqualTo((96L, 96)));
        Assert.That(buffer.Span[..64].ToArray(), Has.All.EqualTo(7));
        buffer.Free(budget);
        Assert.That(budget.Used, Is.Zero);
    }

    [Test]
    public void What_is_freed_twice_is_freed_once()
    {
        var budget = new MemoryBudget(Mebibyte);
        NativeBuffer buffer = default;
        buffer.TryGrow(Mebibyte, budget);
        buffer.Free(budget);
        buffer.Free(budget);
        Assert.That(budget.Used, Is.Zero);
    }

    [TestCase(5_000, 100_000)]
    [TestCase(Mebibyte, 2 * Mebibyte)]
    public void It_is_no_garbage(int first, int second)
    {
        GrowAndFree();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            GrowAndFree();
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        void GrowAndFree()
        {
            NativeBuffer buffer = NativeBuffer.Allocate(first);
            buffer.Grow(second);
            buffer.Free(budget: null);
        }
    }

    [Test]
    public void Buffers_on_many_threads_keep_their_own_content()
    {
        // Each thread fills its blocks with its number, and finds no other: a kept block is handed to one thread at a time.
        Parallel.For(0, 8, number =>
        {
            var random = new Random(number);
            for (int round = 0; round < 500; round++)
            {
                NativeBuffer buffer = NativeBuffer.Allocate(random.Next(4096, 200_000));
                buffer.Span.Fill((byte)number);
                buffer.Grow(buffer.Length + random.Next(1, 100_000));
                buffer.Span[^1] = (byte)number;
                if (buffer.Span[..4096].ContainsAnyExcept((byte)number))
                {
                    Assert.Fail("another thread wrote into it");
                }

                buffer.Free(budget: null);
            }
        });
    }
}
