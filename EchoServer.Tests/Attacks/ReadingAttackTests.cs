namespace EchoServer.Tests.Attacks;

/// <summary>Clients that ask for much and read nothing of it.</summary>
[WholeMachine]
[NonParallelizable]
internal sealed class ReadingAttackTests
{
    // Little room on their side: the server's output has nowhere to go soon, and it is not the attackers' own buffers that use up
    // what the kernel has for all of TCP, the good client's packets included.
    private const int LittleRoom = 16 * 1024;

    [Test]
    public Task Two_hundred_clients_that_send_64_KiB_messages_and_do_not_read_are_cut_off() =>
        FloodAsync(200, WireFrame.Binary(new byte[64 * 1024]).ToBytes());

    [Test]
    public Task A_flood_of_pings_whose_pongs_are_never_read_is_cut_off() =>
        FloodAsync(50, WireFrame.Join(Enumerable.Repeat(WireFrame.Ping(new byte[125]), 500)));

    [Test]
    public async Task Slow_readers_that_take_a_little_now_and_then_are_served_and_hold_no_more_than_the_budget()
    {
        await using Siege siege = await Siege.BeginAsync();
        Crowd crowd = await Crowd.OpenAsync(siege, 50, LittleRoom);
        byte[] message = WireFrame.Binary(new byte[64 * 1024]).ToBytes();
        int[] taken = await crowd.AllAsync(async (attacker, _) =>
        {
            Task sending = attacker.SendAsync(message);
            int total = 0;
            byte[] buffer = new byte[8 * 1024];
            while (total < 64 * 1024 && await attacker.ReadAsync(buffer) is > 0 and int received)
            {
                total += received;
                await Task.Delay(300, siege.Patience);
            }

            await sending;
            return total;
        });

        // The send deadline is two seconds: each took longer than that in all, and took something in time each time.
        Assert.That(taken, Has.All.GreaterThanOrEqualTo(64 * 1024));
        await siege.EndAsync();
    }

    private static async Task FloodAsync(int clients, byte[] bytes)
    {
        await using Siege siege = await Siege.BeginAsync();
        Crowd crowd = await Crowd.OpenAsync(siege, clients, LittleRoom);
        await crowd.AllAsync((attacker, _) => attacker.FloodUntilCutAsync(bytes));
        await siege.WaitUntilAllFilesAreClosedAsync();
        await siege.EndAsync();
    }
}
