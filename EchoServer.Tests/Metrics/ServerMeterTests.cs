using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using EchoServer.Metrics;
using EchoServer.Tests.Support;
using EchoServer.Tests.Support.Peers;
using EchoServer.Tests.Support.Wire;

namespace EchoServer.Tests.Metrics;

/// <summary>The same instruments through the runtime's own metrics, as OpenTelemetry and dotnet-counters listen to them.</summary>
internal sealed class ServerMeterTests
{
    [Test]
    public async Task A_listener_gets_every_instrument_with_the_numbers_of_the_text()
    {
        await using InProcessServer server = SiteServer.Start();
        using var meter = new ServerMeter(server.Engine.Context, server.Engine.Context.EchoTimes);
        var seen = new ConcurrentDictionary<string, double>();
        using MeterListener listener = Listen(meter, seen);
        using RawPeer peer = RawPeer.Open(server.Port);
        for (int i = 0; i < 20; i++)
        {
            peer.Send(WireFrame.Text("abc"));
            peer.ReadOneFrame();
        }

        listener.RecordObservableInstruments();
        Assert.That(
            seen.Keys.Select(name => name.Split('{')[0]).Distinct(),
            Is.EquivalentTo([.. Instruments.All.Select(instrument => instrument.Name), Instruments.EchoTimeName]));
        Assert.That(seen["echo_server_connections_open"], Is.EqualTo(1));
        Assert.That(seen["echo_server_messages_total{direction=received,kind=text}"], Is.EqualTo(20));
        Assert.That(seen["echo_server_message_bytes_total{direction=sent,kind=text}"], Is.EqualTo(60));
        Assert.That(seen[Instruments.EchoTimeName], Is.EqualTo(server.Snapshot.EchoTimes.Sum).Within(1e-9));
    }

    [Test]
    public void The_table_feeds_both()
    {
        using var meter = new ServerMeter(new NoServer(), new EchoTimes());
        var published = new ConcurrentBag<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (meter.Owns(instrument))
            {
                published.Add($"{instrument.Name} {instrument.Unit} {instrument.Description} {instrument.GetType().Name.Split('`')[0]}");
            }
        };
        listener.Start();
        Assert.That(published, Is.EquivalentTo(
            [
                .. Instruments.All.Select(instrument =>
                    $"{instrument.Name} {instrument.Unit} {instrument.Help} Observable{instrument.Kind}"),
                $"{Instruments.EchoTimeName} s {Instruments.EchoTimeHelp} Histogram",
            ]));
    }

    [Test]
    public void Nobody_listens_after_the_end()
    {
        var times = new EchoTimes();
        using (new ServerMeter(new NoServer(), times))
        {
            Assert.That(times.Histogram!.Enabled, Is.False);
        }

        Assert.That(() => times.Record(TimeSpan.FromMilliseconds(1)), Throws.Nothing);
    }

    /// <summary>Adds up the histogram and keeps the last of everything else, under its name and labels.</summary>
    private static MeterListener Listen(ServerMeter meter, ConcurrentDictionary<string, double> seen)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (meter.Owns(instrument))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
        {
            string labels = string.Join(',', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"));
            string key = labels.Length == 0 ? instrument.Name : $"{instrument.Name}{{{labels}}}";
            seen.AddOrUpdate(key, value, (_, before) => instrument is Histogram<double> ? before + value : value);
        });
        listener.Start();
        return listener;
    }

    private sealed class NoServer : IServerState
    {
        public bool IsStopping => false;

        public ServerSnapshot TakeSnapshot() => throw new NotSupportedException("not called");
    }
}
