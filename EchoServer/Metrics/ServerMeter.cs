using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace EchoServer.Metrics;

/// <summary>The instruments as a meter of the runtime, for OpenTelemetry and dotnet-counters.</summary>
/// <remarks>Safe on any thread. Without a listener it costs nothing.</remarks>
internal sealed class ServerMeter : IDisposable
{
    /// <summary>The meter's name.</summary>
    internal const string Name = "EchoServer";

    // A listener asks all instruments one after the other: they share one sum over all connections.
    private static readonly TimeSpan MaxAge = TimeSpan.FromMilliseconds(100);

    private readonly Meter _meter = new(Name, Build.Version);
    private readonly IServerState _server;
    private readonly Lock _gate = new();
    private ServerSnapshot? _snapshot;
    private long _takenAt;

    internal ServerMeter(IServerState server, EchoTimes echoTimes)
    {
        _server = server;
        Array.ForEach(Instruments.All, Register);
        echoTimes.Histogram = _meter.CreateHistogram<double>(
            Instruments.EchoTimeName, Instruments.EchoTimeUnit, Instruments.EchoTimeHelp, tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = EchoTimes.UpperBounds });
    }

    /// <summary>Ends the meter; listeners get no more values.</summary>
    public void Dispose() => _meter.Dispose();

    /// <summary>Whether an instrument is one of these, and not of another server in the process.</summary>
    internal bool Owns(System.Diagnostics.Metrics.Instrument instrument) => instrument.Meter == _meter;

    private void Register(Instrument instrument)
    {
        if (instrument.Kind == InstrumentKind.Counter)
        {
            _meter.CreateObservableCounter(instrument.Name, () => Measure(instrument), instrument.Unit, instrument.Help);
        }
        else
        {
            _meter.CreateObservableGauge(instrument.Name, () => Measure(instrument), instrument.Unit, instrument.Help);
        }
    }

    private IEnumerable<Measurement<double>> Measure(Instrument instrument) =>
        instrument.Read(Snapshot()).Select(sample => new Measurement<double>(sample.Value, sample.Labels));

    private ServerSnapshot Snapshot()
    {
        lock (_gate)
        {
            if (_snapshot is null || Stopwatch.GetElapsedTime(_takenAt) > MaxAge)
            {
                _snapshot = _server.TakeSnapshot();
                _takenAt = Stopwatch.GetTimestamp();
            }

            return _snapshot;
        }
    }
}
