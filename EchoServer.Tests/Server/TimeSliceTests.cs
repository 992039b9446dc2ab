using EchoServer.Server;

namespace EchoServer.Tests.Server;

/// <summary>How much a connection may do in one go.</summary>
internal sealed class TimeSliceTests
{
    private const int Most = 2 * ServerOptions.ReceiveBytes;

    [Test]
    public void It_ends_after_many_receives()
    {
        var slice = new TimeSlice(0, 0);
        Assert.That(Enumerable.Range(0, 17).TakeWhile(_ => slice.TryReceive(0, 0)).Count(), Is.EqualTo(16));
    }

    [TestCase(Most - 1, 0, true)]
    [TestCase(Most, 0, false)]
    [TestCase(0, Most - 1, true)]
    [TestCase(0, Most, false)]
    public void It_ends_after_many_bytes_or_much_work(int bytes, int work, bool goesOn) =>
        Assert.That(new TimeSlice(1000, 2000).TryReceive(1000 + bytes, 2000 + work), Is.EqualTo(goesOn));

    /// <summary>Both have the only I/O thread: it serves the second client while output of the first goes on.</summary>
    [Test]
    public async Task Output_that_is_many_times_the_input_ends_it()
    {
        const int messages = 3000;
        const int fragments = 1000;
        using var begun = new ManualResetEventSlim();
        using var sent = new ManualResetEventSlim();
        using var served = new ManualResetEventSlim();
        bool isServedMeanwhile = false;
        await using var server = InProcessServer.Start(
            socket =>
            {
                int count = 0;
                socket.OnMessage = socket.Info.Path == "/other" ? _ => served.Set() : _ =>
                {
                    if (++count == 1)
                    {
                        begun.Set();
                        sent.Wait(ServerProcess.Patience);
                    }

                    for (int i = 0; i < fragments; i++)
                    {
                        socket.SendFragment(isText: true, default, isFirst: i == 0, isLast: i == fragments - 1);
                    }

                    isServedMeanwhile |= count == messages && served.Wait(ServerProcess.Patience);
                };
            },
            new ServerOptions { IoThreads = 1 });
        using RawPeer other = RawPeer.Open(server.Port, "/other");
        using RawPeer flood = RawPeer.Open(server.Port, "/flood");
        flood.Send([.. Enumerable.Repeat(WireFrame.Text("").ToBytes(), messages).SelectMany(bytes => bytes)]);
        Assert.That(begun.Wait(ServerProcess.Patience), Is.True);
        other.Send(WireFrame.Text("now"));
        sent.Set();
        flood.EndSending();
        flood.ReadToEndAndDrop();
        Assert.That(isServedMeanwhile, Is.True);
    }
}
