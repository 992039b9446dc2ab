using EchoServer.Connect;
using EchoServer.Load;
using EchoServer.Load.Opening;
using EchoServer.Load.Report;

namespace EchoServer.Tests.Load;

/// <summary>Servers that end a connection under load: it is opened again, and what that meant is counted under the right name.</summary>
[Slow]
[Parallelizable(ParallelScope.Children)]
internal sealed class ReconnectTests
{
    // The message at which something happens; connection 0 is the one that learns, 1 the first of the load.
    private const int Chosen = 10;

    [Test]
    public async Task An_end_that_is_announced_is_no_error([Values(1001, 1012)] int code)
    {
        using ScriptedServer server = Closing(code);
        LoadClient client = await RunAsync(Options(server), GoesOn);
        Assert.That(client.Errors.Counts, Is.Empty, string.Join('\n', client.Errors.Counts));
        AssertReconnects(client, ended: 1, drained: 1, unanswered: 1);
        Assert.That(client.Errors.CloseCodes.Select(seen => ((int)seen.Code, seen.Count)), Is.EquivalentTo(new[] { (1000, 1L), (code, 1L) }));
    }

    [Test]
    public async Task Any_other_Close_is_an_error_and_the_load_goes_on([Values(1000, 1011, 1013)] int code)
    {
        using ScriptedServer server = Closing(code);
        LoadClient client = await RunAsync(Options(server), GoesOn);
        LoadAgainst.AssertOnly(client.Errors, LoadError.ClosedByServer);
        AssertReconnects(client, ended: 1, drained: 0, unanswered: 1);
    }

    [TestCase(true, nameof(LoadError.ConnectionReset))]
    [TestCase(false, nameof(LoadError.EndedWithoutClose))]
    public async Task A_connection_that_breaks_is_an_error_and_the_load_goes_on(bool isReset, string error)
    {
        using ScriptedServer server = LoadAgainst.Breaking(Chosen, isReset);
        LoadClient client = await RunAsync(Options(server), GoesOn);
        LoadAgainst.AssertOnly(client.Errors, Enum.Parse<LoadError>(error));
        AssertReconnects(client, ended: 1, drained: 0, unanswered: 1);
    }

    [Test]
    public async Task Each_connection_is_opened_again_as_often_as_it_ends()
    {
        using ScriptedServer server = ScriptedServer.Echoing((connection, number, message) =>
            connection is > 0 and < 13 && number == Chosen ? [message, WireFrame.Close(1001)] : [message]);
        LoadClient client = await RunAsync(Options(server) with { Connections = 4, InFlight = 3 }, client => client.Messages > 12 * Chosen && client.Reconnects!.Times.Count == 12);
        Assert.That(client.Errors.Counts, Is.Empty, string.Join('\n', client.Errors.Counts));
        ReconnectResult reconnects = client.Reconnects!;
        Assert.That((reconnects.Lost, reconnects.Drained, reconnects.Times.Count), Is.EqualTo((12L, 12L, 12L)));
        Assert.That(client.Opened, Is.EqualTo(4), "those opened again are counted apart");
    }

    [Test]
    public async Task With_a_rate_no_message_is_lost_from_sight()
    {
        using ScriptedServer server = ScriptedServer.Echoing((connection, number, message) =>
            connection is 1 or 3 && number == Chosen ? [WireFrame.Close(1001)] : [message]);
        await using var client = new LoadClient(Options(server) with { Connections = 5, Rate = 500, InFlight = 2 });
        await client.ConnectAsync();
        LoadResult result = await client.RunAsync(Wait.Lapse);
        await client.CloseAsync();
        Assert.That(client.Errors.Counts, Is.Empty, string.Join('\n', client.Errors.Counts));
        Assert.That(client.Reconnects!.Lost, Is.EqualTo(2));
        Assert.That(result.Messages + result.Unsent + client.Reconnects.Unanswered, Is.EqualTo(500 * Wait.Lapse.TotalSeconds));
    }

    [Test]
    public async Task An_echo_that_was_passed_over_is_missing_whatever_ends_the_connection()
    {
        using ScriptedServer server = ScriptedServer.Echoing((connection, number, message) => (connection, number) switch
        {
            (1, Chosen) => [],
            (1, Chosen + 1) => [message, WireFrame.Close(1001)],
            _ => [message],
        });
        LoadClient client = await RunAsync(Options(server) with { InFlight = 4 }, HasErred);
        LoadAgainst.AssertOnly(client.Errors, LoadError.EchoMissing);
        Assert.That(client.Reconnects!.Drained, Is.EqualTo(1));
    }

    [Test]
    public async Task An_echo_of_the_connection_before_is_wrong()
    {
        WireFrame? last = null;
        using ScriptedServer server = ScriptedServer.Echoing((connection, number, message) =>
        {
            if (connection == 1 && number == Chosen)
            {
                last = message;
                return [WireFrame.Close(1001)];
            }

            return connection == 2 && number == 0 ? [last!, message] : [message];
        });
        LoadClient client = await RunAsync(Options(server), HasErred);
        LoadAgainst.AssertOnly(client.Errors, LoadError.EchoDuplicated);
    }

    [Test]
    public async Task Attempts_that_fail_are_repeated_and_are_no_errors()
    {
        using ScriptedServer server = ScriptedServer.Upgrading(
            (peer, connection) =>
            {
                if (connection == 4)
                {
                    // An instance that is about to stop itself.
                    peer.Send(WireFrame.Close(1001) with { Masked = false });
                }

                ScriptedServer.EchoAll(peer, connection, (_, number, message) => connection == 1 && number == Chosen ? [WireFrame.Close(1001)] : [message]);
            },
            (request, connection) => connection is 2 or 3 ? LoadAgainst.Refusal : ScriptedServer.Accept(request));
        LoadClient client = await RunAsync(Options(server), GoesOn);
        Assert.That(client.Errors.Counts, Is.Empty, string.Join('\n', client.Errors.Counts));
        ReconnectResult reconnects = client.Reconnects!;
        Assert.That((reconnects.Lost, reconnects.Drained, reconnects.Times.Count), Is.EqualTo((1L, 1L, 1L)));
        Assert.That(reconnects.Unanswered, Is.InRange(1, 2), "a message may have left before the second Close came");
        Assert.That(
            reconnects.FailedAttempts.Select(failed => (failed.Kind, failed.Status, failed.Count)),
            Is.EqualTo(new[] { (LoadError.HandshakeRefused, 503, 2L), (LoadError.ClosedByServer, 0, 1L) }));
    }

    [Test]
    public async Task A_server_that_says_1001_and_keeps_the_connection_is_left()
    {
        using ScriptedServer server = LoadAgainst.Before(Chosen, (peer, _) =>
        {
            peer.Send(WireFrame.Close(1001) with { Masked = false });
            Thread.Sleep(ServerProcess.Patience);
        });
        LoadClient client = await RunAsync(Options(server), GoesOn);
        Assert.That(client.Errors.Counts, Is.Empty, string.Join('\n', client.Errors.Counts));
        AssertReconnects(client, ended: 1, drained: 1, unanswered: 1);
    }

    [Test]
    public async Task A_server_that_does_not_come_back_is_an_error_in_the_end([Values] bool isHeldOnly)
    {
        var server = ScriptedServer.Echoing();
        await using var client = new LoadClient(Options(server) with { Connections = 2, IsHeldOnly = isHeldOnly });
        await client.ConnectAsync();
        server.Dispose();
        await client.RunAsync(Wait.Lapse);
        await client.CloseAsync();
        LoadErrorCount error = client.Errors.Counts.Single(error => error.Kind == LoadError.NotServedAgain);
        Assert.That(error.Count, Is.EqualTo(2), string.Join('\n', client.Errors.Counts));
        Assert.That(
            error.Example, Does.Match("^connection [01]: connection refused: nothing listens on port [0-9]+ of 127.0.0.1$"));
        Assert.That(client.Reconnects!.Times.Count, Is.Zero);
    }

    [Test]
    public async Task Connections_that_are_held_are_opened_again()
    {
        using ScriptedServer server = ScriptedServer.Upgrading((peer, connection) =>
        {
            if (connection == 1)
            {
                peer.Send(WireFrame.Close(1001) with { Masked = false });
            }

            ScriptedServer.EchoAll(peer, connection, (_, _, message) => [message]);
        });
        await using var client = new LoadClient(Options(server) with { Connections = 3, IsHeldOnly = true });
        await client.ConnectAsync();
        await LoadAgainst.RunAsync(client, client => client.Reconnects!.Times.Count == 1);
        Assert.That((client.Open, client.Opened), Is.EqualTo((3, 3)));
        await client.CloseAsync();
        Assert.That(client.Errors.Counts, Is.Empty, string.Join('\n', client.Errors.Counts));
        Assert.That((client.Reconnects!.Lost, client.Reconnects.Times.Count), Is.EqualTo((1L, 1L)));
    }

    /// <summary>A server that closes the load's first connection instead of echoing the chosen message.</summary>
    private static ScriptedServer Closing(int code) => ScriptedServer.Echoing(
        (connection, number, message) => connection == 1 && number == Chosen ? [WireFrame.Close(code)] : [message]);

    [Test]
    public async Task First_connections_that_are_refused_are_tried_again_until_the_server_is_there()
    {
        int port = FreePort.Find();
        var options = new LoadOptions
        {
            Connection = new() { Url = new Uri($"ws://127.0.0.1:{port}/raw"), Timeout = ServerProcess.Patience },
            Connections = 3,
            Reconnects = true,
        };
        await using var client = new LoadClient(options);
        Task connecting = client.ConnectAsync();
        await Wait.UntilAsync(() => client.Reconnects!.FailedAttempts.Count > 0, () => "no attempt failed");
        Assert.That(connecting.IsCompleted, Is.False);
        await using ServerProcess server = await ServerProcess.StartAsync(["--port", $"{port}", "--log-messages", "false"]);
        await connecting;
        await client.RunAsync(TimeSpan.FromMilliseconds(100));
        await client.CloseAsync();
        Assert.That((client.Opened, client.Errors.Total), Is.EqualTo((3, 0)));
        Assert.That(client.Reconnects!.FailedAttempts.Select(attempt => attempt.Kind), Is.All.EqualTo(LoadError.ConnectRefused));
        Assert.That(client.Reconnects.Lost, Is.Zero);
    }

    [TestCase(null)]
    [TestCase(50.0)]
    public async Task Handshakes_that_are_refused_at_first_are_tried_again(double? ramp)
    {
        using ScriptedServer server = Refusing(connection => connection is 0 or 2 or 3);
        await using var client = new LoadClient(Options(server) with { Connections = 2, ConnectionsPerSecond = ramp });
        await client.ConnectAsync();
        await client.CloseAsync();
        Assert.That((client.Opened, client.Errors.Total), Is.EqualTo((2, 0)));
        Assert.That(client.ConnectElapsed.TotalSeconds, Is.GreaterThanOrEqualTo(1 / (ramp ?? double.MaxValue)));
        LoadErrorCount attempts = client.Reconnects!.FailedAttempts.Single();
        Assert.That((attempts.Kind, attempts.Status, attempts.Count), Is.EqualTo((LoadError.HandshakeRefused, 503, 3)));
    }

    [Test]
    public async Task A_server_that_goes_on_refusing_is_named([Values] bool reconnects)
    {
        using ScriptedServer server = Refusing(_ => true);
        LoadOptions options = Options(server) with { Reconnects = reconnects };
        await using var client = new LoadClient(options with { Connection = options.Connection with { Timeout = TimeSpan.FromSeconds(1) } });
        ConnectionFailedException failure = (await Assert.ThrowsAsync<ConnectionFailedException>(() => client.ConnectAsync()))!;
        Assert.That(failure.Fault.Cause, Does.Contain("cannot serve now"));
        Assert.That(client.Reconnects?.FailedAttempts.Sum(attempt => attempt.Count) ?? 0, reconnects ? Is.Positive : Is.Zero);
    }

    /// <summary>An echo server that answers some handshakes with 503.</summary>
    private static ScriptedServer Refusing(Func<int, bool> refuses) => ScriptedServer.Echoing(
        (request, connection) => refuses(connection) ? LoadAgainst.Refusal : ScriptedServer.Accept(request));

    private static LoadOptions Options(ScriptedServer server) => LoadAgainst.Options(server) with { Reconnects = true };

    private static async Task<LoadClient> RunAsync(LoadOptions options, Func<LoadClient, bool> until) => (await LoadAgainst.RunAsync(options, until)).Client;

    /// <summary>Whether there were more messages than one connection had before its end.</summary>
    private static bool GoesOn(LoadClient client) => client.Messages > 2 * Chosen;

    private static bool HasErred(LoadClient client) => client.Errors.Counts.Count > 0;

    private static void AssertReconnects(LoadClient client, int ended, int drained, int unanswered)
    {
        ReconnectResult result = client.Reconnects!;
        Assert.That(
            (result.Lost, result.Drained, result.Unanswered, result.Times.Count, result.FailedAttempts.Count),
            Is.EqualTo(((long)ended, (long)drained, (long)unanswered, (long)ended, 0)));
        Assert.That(result.Times.Max, Is.GreaterThan(TimeSpan.Zero));
    }
}
