namespace EchoServer.Tests.Soak;

/// <summary>Takes a sample every second and writes it down at once, so that a run that is cut off leaves its figures.</summary>
internal sealed class Recorder(SoakServer server, string path) : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly StreamWriter _csv = new(path) { AutoFlush = true, NewLine = "\n" };
    private readonly CancellationTokenSource _stop = new();
    private readonly Stopwatch _clock = new();
    private readonly List<Sample> _samples = [];
    private Task _recording = Task.CompletedTask;
    private int? _underLoad;

    /// <summary>Every sample, those after the load included. To be read once recording has stopped.</summary>
    public IReadOnlyList<Sample> Samples => _samples;

    public IReadOnlyList<Sample> UnderLoad => _samples[..(_underLoad ?? _samples.Count)];

    /// <summary>Begins, together with the load. A server that is gone ends the load.</summary>
    public void Start(CancellationTokenSource load)
    {
        // Later samples show the server coming to rest.
        load.Token.Register(() => _underLoad = _samples.Count);
        _clock.Start();
        _recording = RecordAsync(load);
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _recording;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _recording;
        await _csv.DisposeAsync();
        _stop.Dispose();
    }

    private async Task RecordAsync(CancellationTokenSource load)
    {
        await _csv.WriteLineAsync(Sample.CsvHeader);
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                Sample sample = server.TakeSample(_clock.Elapsed.TotalSeconds);
                _samples.Add(sample);
                await _csv.WriteLineAsync(sample.ToCsv());
                if (_samples.Count % 60 == 0)
                {
                    IEnumerable<string> figures = Quantity.All.Select(quantity => $"{quantity.Name} {quantity.Format(quantity.Value(sample))}");
                    await TestContext.Progress.WriteLineAsync($"soak: minute {_samples.Count / 60}: {string.Join(", ", figures)}");
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
        catch (IOException)
        {
            // The server is gone, and there is nothing left to load.
            await load.CancelAsync();
        }
    }
}
