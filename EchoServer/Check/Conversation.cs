using System.Diagnostics;
using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.WebSockets;

namespace EchoServer.Check;

/// <summary>Talks to the echo: knows how it greets and what it puts in front of an echo, once <see cref="LearnAsync"/> has found out.</summary>
/// <remarks>The connection is shared by the probes, until one of them breaks it; then the next one gets a new one.</remarks>
/// <param name="dialer">The way to the server.</param>
internal sealed class Conversation(Dialer dialer) : IDisposable
{
    private const int MaxGreetings = 20;

    private WebSocketLink? _link;

    /// <summary>Another way to the same server, with the same greetings and prefix.</summary>
    internal Conversation(Dialer dialer, Conversation known)
        : this(dialer)
    {
        (IsEchoing, Greetings, Prefix) = (known.IsEchoing, known.Greetings, known.Prefix);
    }

    /// <summary>Whether it is known to echo.</summary>
    internal bool IsEchoing { get; private set; }

    /// <summary>What it says first.</summary>
    internal IReadOnlyList<byte[]> Greetings { get; private set; } = [];

    /// <summary>What it puts in front of the echo of a text.</summary>
    internal byte[] Prefix { get; private set; } = [];

    /// <summary>The connection; opened where there is none.</summary>
    internal async Task<WebSocketLink> LinkAsync(CancellationToken stop) => _link ??= await OpenAsync(stop).ConfigureAwait(false);

    /// <summary>Opens a connection of one's own.</summary>
    internal async Task<WebSocketLink> OpenAsync(CancellationToken stop, IReadOnlyList<string>? subprotocols = null)
    {
        WebSocketLink link = await WebSocketLink.OpenAsync(dialer, subprotocols, extensions: null, stop).ConfigureAwait(false);
        link.GreetingsDue = Greetings.Count;
        return link;
    }

    /// <summary>Ends the shared connection: it is not fit for use any more.</summary>
    internal void HangUp()
    {
        _link?.Dispose();
        _link = null;
    }

    /// <summary>Sends a text on a fresh connection: what comes before its echo is the greeting, what is in front of it the prefix.</summary>
    /// <exception cref="ConnectionFailedException">No echo came.</exception>
    internal async Task LearnAsync(byte[] unique, CancellationToken stop)
    {
        WebSocketLink link = await LinkAsync(stop).ConfigureAwait(false);
        await link.SendAsync(Opcode.Text, unique, stop).ConfigureAwait(false);
        List<byte[]> greetings = [];
        var deadline = Deadline.In(dialer.Options.Timeout);
        while (true)
        {
            LinkEvent? received = await TryReceiveAsync(link, deadline, stop).ConfigureAwait(false);
            if (received is null)
            {
                throw greetings.Count > 0 ? NoEcho($"{greetings.Count} messages") : dialer.Step(Stage.Echo).TimedOut();
            }

            if (received.Payload.AsSpan().EndsWith(unique))
            {
                Prefix = received.Payload[..^unique.Length];
                Greetings = greetings;
                IsEchoing = true;
                return;
            }

            greetings.Add(received.Payload);
            if (greetings.Count > MaxGreetings)
            {
                throw NoEcho($"over {MaxGreetings} messages");
            }
        }
    }

    /// <summary>Sends a message and waits for its echo on the shared connection.</summary>
    /// <returns>How long the echo took.</returns>
    /// <exception cref="ConnectionFailedException">It did not come, or is not right.</exception>
    internal async Task<TimeSpan> EchoAsync(Opcode opcode, ReadOnlyMemory<byte> payload, CancellationToken stop)
    {
        WebSocketLink link = await LinkAsync(stop).ConfigureAwait(false);
        try
        {
            return await EchoAsync(link, opcode, payload, stop).ConfigureAwait(false);
        }
        catch (ConnectionFailedException)
        {
            HangUp();
            throw;
        }
    }

    /// <summary>Sends a message and waits for its echo.</summary>
    internal async Task<TimeSpan> EchoAsync(WebSocketLink link, Opcode opcode, ReadOnlyMemory<byte> payload, CancellationToken stop)
    {
        long start = Stopwatch.GetTimestamp();

        // At the same time: an echo may come back while a large message is still on its way.
        Task sending = SendQuietlyAsync(link, opcode, payload, stop);
        await AwaitEchoAsync(link, opcode == Opcode.Text, payload, stop).ConfigureAwait(false);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        await sending.ConfigureAwait(false);
        return elapsed;
    }

    /// <summary>Waits for the echo of what was sent.</summary>
    internal async Task AwaitEchoAsync(WebSocketLink link, bool isText, ReadOnlyMemory<byte> payload, CancellationToken stop)
    {
        var deadline = Deadline.In(dialer.Options.Timeout);
        while (true)
        {
            LinkEvent received = await TryReceiveAsync(link, deadline, stop).ConfigureAwait(false) ?? throw dialer.Step(Stage.Echo).TimedOut();
            if (IsEcho(received, isText, payload.Span))
            {
                return;
            }

            if (link.GreetingsDue > 0 && received.Payload.AsSpan().SequenceEqual(Greetings[^link.GreetingsDue]))
            {
                link.GreetingsDue--;
                continue;
            }

            throw new ConnectionFailedException(Stage.Echo, Difference(received, isText, payload.Span), new(
                "what came back is not what was sent: this is no echo, or something on the way alters messages",
                "check the path (any echo will do, such as an EchoServer's / or /raw), and then without the proxies on the way"));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => HangUp();

    private bool IsEcho(LinkEvent received, bool isText, ReadOnlySpan<byte> payload)
    {
        ReadOnlySpan<byte> came = received.Payload;
        return received.IsText == isText &&
            ((came.Length == Prefix.Length + payload.Length && came.StartsWith(Prefix) && came.EndsWith(payload)) ||
            (!isText && came.SequenceEqual(payload)));
    }

    /// <returns>The next message; null when the time is up.</returns>
    private async Task<LinkEvent?> TryReceiveAsync(WebSocketLink link, Deadline deadline, CancellationToken stop)
    {
        while (await link.ReceiveAsync(deadline, stop).ConfigureAwait(false) is LinkEvent received)
        {
            if (received.IsEnd)
            {
                throw new ConversationEndedException(received, received.Diagnose(dialer.Url));
            }

            if (received.Kind == LinkEventKind.Message)
            {
                return received;
            }
        }

        return null;
    }

    private static async Task SendQuietlyAsync(WebSocketLink link, Opcode opcode, ReadOnlyMemory<byte> payload, CancellationToken stop)
    {
        try
        {
            await link.SendAsync(opcode, payload, stop).ConfigureAwait(false);
        }
        catch (Exception exception) when (Step.IsOfNetwork(exception))
        {
            // How the connection ended, the receiver sees.
        }
    }

    private string Difference(LinkEvent received, bool isText, ReadOnlySpan<byte> payload)
    {
        if (received.IsText != isText)
        {
            return $"the echo of a {(isText ? "text" : "binary")} message is {(received.IsText ? "text" : "binary")}";
        }

        ReadOnlySpan<byte> came = received.Payload;
        came = came.StartsWith(Prefix) && isText ? came[Prefix.Length..] : came;
        int same = came.CommonPrefixLength(payload);
        return came.Length == payload.Length
            ? $"the echo differs from byte {same} on"
            : $"the echo has {came.Length} bytes instead of {payload.Length}, and differs from byte {same} on";
    }

    private static ConnectionFailedException NoEcho(string messages) => new(Stage.Echo, $"{messages}, none of them the echo", new(
        "messages come, but none of them is the echo of what was sent: this is no echo server",
        "check the path: any WebSocket echo will do, such as an EchoServer's / or /raw"));
}
