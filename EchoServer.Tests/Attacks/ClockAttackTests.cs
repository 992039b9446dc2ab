namespace EchoServer.Tests.Attacks;

/// <summary>A clock that jumps, as it does when a virtual machine resumes or an administrator sets it: deadlines must not change.</summary>
[WholeMachine]
[NonParallelizable]
internal sealed class ClockAttackTests : FolderTest
{
    private const string Library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

    [Test]
    public async Task A_clock_that_jumps_a_day_forth_and_back_moves_no_deadline()
    {
        Requires.Faketime(Library);
        string clock = Write("clock", "+0");
        await using Siege siege = await Siege.BeginAsync(
            null, Environment(clock), "--message-timeout", "6", "--keep-alive-interval", "off");
        using RawPeer unfinished = RawPeer.Open(siege.Port);
        unfinished.Send(WireFrame.Text("half").ToBytes().AsSpan(0, 8));

        foreach (string jump in (string[])["+1d", "-1d"])
        {
            // Replaced as a whole, so that the server never reads half of it.
            await File.WriteAllTextAsync(clock + ".new", jump);
            File.Move(clock + ".new", clock, overwrite: true);
            DateTime day = DateTime.UtcNow.AddDays(jump == "+1d" ? 1 : -1);
            await Wait.UntilAsync(
                () => HttpReply.Get(siege.Port, "/health").Fields["Date"].Contains($"{day:dd MMM yyyy}", StringComparison.Ordinal),
                () => $"the server's clock does not show {day:yyyy-MM-dd}");
            Assert.That(unfinished.Socket.Poll(0, System.Net.Sockets.SelectMode.SelectRead), Is.False, "a deadline fell with the jump");
        }

        // The deadline itself still falls when its time has really passed.
        Assert.That(unfinished.ReadOneFrame().CloseCode, Is.EqualTo(1008));
        unfinished.Dispose();
        await siege.EndAsync();
    }

    /// <summary>faketime's library gives the process a wall clock of its own and leaves the monotonic one alone.</summary>
    private static Dictionary<string, string> Environment(string clock) => new()
    {
        ["LD_PRELOAD"] = Library,
        ["FAKETIME_TIMESTAMP_FILE"] = clock,
        ["FAKETIME_NO_CACHE"] = "1",
        ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
    };
}
