namespace EchoServer.Tests.Soak;

/// <summary>The server over time: the same load from beginning to end must cost the same from beginning to end.</summary>
[Category("Soak")]
[WholeMachine]
[NonParallelizable]
internal sealed class SoakTests
{
    // A run of a day is the longest that anyone has asked for.
    private const int MaxMinutes = 24 * 60;
    private const string MinutesVariable = "ECHO_SOAK_MINUTES";

    // With every other test. What leaks a little at a time shows in the minutes of "./build.sh soak"; what a visit leaves behind, now.
    private static readonly TimeSpan ShortRun = TimeSpan.FromSeconds(20);

    private static string Folder => Path.Combine(Programs.ProjectFolder, "artifacts", "soak");

    [Test]
    public async Task Under_mixed_good_and_bad_traffic_memory_descriptors_and_connections_stay_level()
    {
        TimeSpan duration = Duration();
        int seed = FuzzSeeds.GivenOrFresh;
        Directory.CreateDirectory(Folder);
        await using SoakServer server = await SoakServer.StartAsync();
        string subject = $"{duration.TotalMinutes:0.##} min of mixed traffic · seed {seed} · {server.MemoryLimit}";
        await TestContext.Progress.WriteLineAsync($"soak: {subject} (again with {FuzzSeeds.Variable}={seed})");

        // The first visits make the runtime open what it keeps: the start is after them.
        var traffic = new Traffic(server.Target.Port, seed);
        await traffic.VisitOnceEachAsync();
        Sample start = await server.SettleAsync();
        Assert.That(traffic.Complaints, Is.Empty, "already at the start");

        await using var recorder = new Recorder(server, Path.Combine(Folder, "soak.csv"));
        Sample? end = null;
        try
        {
            await RunAsync(traffic, recorder, duration);
            end = await server.SettleAsync(atMostOpenFiles: start.OpenFiles);
        }
        catch (IOException exception)
        {
            await TestContext.Out.WriteLineAsync(exception.Message);
        }

        // Also after a failure: that is when one looks.
        await recorder.StopAsync();
        await DrawAsync(recorder, subject, traffic);
        ServerEnd stop = await server.Target.StopAsync();
        Assert.Multiple(() =>
        {
            Assert.That(stop.ExitCode, Is.Zero, stop.Error);
            Assert.That(server.Target.Log, Has.None.Match("^\\S+ (fail|crit): "));
            Assert.That(server.Target.Log.TakeLast(3), Has.Some.Contains("Memory budget: 0 bytes in use"));
            Assert.That(traffic.Complaints, Is.Empty);
            Assert.That(Quantity.All.Select(quantity => Trend.Of(quantity, recorder.UnderLoad)), Has.None.Property("IsUpward").True);
            Assert.That(end?.Connections, Is.Zero, "connections after the load");
            Assert.That(end?.OpenFiles, Is.AtMost(start.OpenFiles), "open files after the load");
        });
    }

    private static async Task RunAsync(Traffic traffic, Recorder recorder, TimeSpan duration)
    {
        using var end = new CancellationTokenSource(duration);
        recorder.Start(end);
        await traffic.RunAsync(end.Token);
    }

    private static async Task DrawAsync(Recorder recorder, string subject, Traffic traffic)
    {
        string picture = Path.Combine(Folder, "soak.svg");
        if (recorder.UnderLoad.Count > 0)
        {
            await File.WriteAllTextAsync(picture, SoakPicture.Draw(recorder, subject, traffic.Summary));
        }

        await TestContext.Out.WriteLineAsync(traffic.Summary);
        foreach (Quantity quantity in Quantity.All.Where(_ => recorder.UnderLoad.Count > 0))
        {
            await TestContext.Out.WriteLineAsync($"{Trend.Of(quantity, recorder.UnderLoad)}");
        }

        await TestContext.Out.WriteLineAsync($"{Path.Combine(Folder, "soak.csv")}\n{picture}");
    }

    private static TimeSpan Duration()
    {
        if (Environment.GetEnvironmentVariable(MinutesVariable) is not { Length: > 0 } given)
        {
            return ShortRun;
        }

        bool isNumber = int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out int minutes);
        return isNumber && minutes is > 0 and <= MaxMinutes
            ? TimeSpan.FromMinutes(minutes)
            : throw new FormatException($"{MinutesVariable}: '{given}' is not a number of minutes (1-{MaxMinutes})");
    }
}
