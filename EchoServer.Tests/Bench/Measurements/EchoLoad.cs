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
    private long _errors;

    private EchoLoad(RunningServer server, LoadOptions options, CancellationToken stop)
    {
        _client = new LoadClient(options);
        _stop = stop;
        Lane = new Lane(server, RunAsync);
    }

    public Lane Lane { get; }

    /// <summary>Of the rounds: the warm-up's latencies are dropped with the first of them.</summary>
    public LatencyHistogram Latency { get; private set; } = new();

    public static async Task<EchoLoad> OpenAsync(RunningServer server, EchoShape shape, Session session)
    {
        CancellationToken stop = session.Stop;
        var options = new LoadOptions
        {
            Connection = new ConnectionOptions { Url = server.Url },
            Connections = shape.Connections,
            MessageBytes = shape.MessageBytes,
            InFlight = shape.InFlight,
            IsText = session.Options.IsText,
        };
        var load = new EchoLoad(server, options, stop);
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

    public string Explain() => string.Join(", ", _client.Errors.Counts.Select(
        error => $"{error.Count} {error.Kind} {error.Example}".TrimEnd()));

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    private async Task<Round> RunAsync(TimeSpan time)
    {
        LoadResult result = await _client.RunAsync(time, _stop);
        Latency = Lane.Count == 0 ? new LatencyHistogram() : Latency;
        Latency.Add(result.Latency);
        long errors = _client.Errors.Total - _errors;
        _errors += errors;
        if (errors > 0)
        {
            Session.Say($"{Lane.Server.Kind.Key}: {Explain()}");
        }

        return new Round(result.Messages, errors, result.Elapsed);
    }
}
