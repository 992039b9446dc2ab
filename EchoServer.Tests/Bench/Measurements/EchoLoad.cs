using EchoServer.Connect;
using EchoServer.Load;
using EchoServer.Load.Report;
using EchoServer.Metrics;

namespace EchoServer.Bench.Measurements;

/// <summary>Connections of the load engine to one server, open from the first round to the last.</summary>
internal sealed class EchoLoad : IAsyncDisposable
{
    private readonly LoadClient _client;
    private readonly CancellationToken _stop;
    private readonly Func<Task> _settle;
    private long _errors;

    private EchoLoad(RunningServer server, LoadOptions options, Func<Task> settle, CancellationToken stop)
    {
        _client = new LoadClient(options);
        _settle = settle;
        _stop = stop;
        Lane = new Lane(server, RunAsync);
    }

    public Lane Lane { get; }
    public LatencyHistogram Latency { get; private set; } = new();

    public static async Task<EchoLoad> OpenAsync(
        RunningServer server, EchoShape shape, bool raw, bool isText, CancellationToken stop, Func<Task>? settle = null)
    {
        var options = new LoadOptions
        {
            Connection = new ConnectionOptions { Url = server.Url(raw) },
            Connections = shape.Connections,
            MessageBytes = shape.MessageBytes,
            InFlight = shape.InFlight,
            IsText = isText,
        };
        var load = new EchoLoad(server, options, settle ?? (() => Task.CompletedTask), stop);
        try
        {
            await load._client.ConnectAsync(stop);
            stop.ThrowIfCancellationRequested();
            return load._client.Open == shape.Connections
                ? load
                : throw new InvalidOperationException(
                    $"{server.Kind.Key}: {load._client.Open} of {shape.Connections} connections opened: {load.Explain()}");
        }
        catch
        {
            await load.DisposeAsync();
            throw;
        }
    }

    public void BeginMeasuring() => Latency = new LatencyHistogram();

    public string Explain() => string.Join(", ", _client.Errors.Counts.Select(
        error => $"{error.Count} {error.Kind} {error.Example}".TrimEnd()));

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    private async Task<Amount> RunAsync(TimeSpan time)
    {
        LoadResult result = await _client.RunAsync(time, _stop);
        await _settle();
        Latency.Add(result.Latency);
        long errors = _client.Errors.Total - _errors;
        _errors += errors;
        if (errors > 0)
        {
            Session.Say($"{Lane.Server.Kind.Key}: {Explain()}");
        }

        return new Amount(result.Messages, errors, result.Elapsed);
    }
}
