using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.WebSockets;

namespace EchoServer.Check;

/// <summary>The least that says that a server serves: connect, upgrade, one echo, close. Made for health checks, so it is quick.</summary>
internal static class QuickCheck
{
    private static readonly byte[] Message = "EchoServer check"u8.ToArray();

    /// <summary>Runs it.</summary>
    /// <param name="options">Where to, and how.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="ConnectionFailedException">It did not work.</exception>
    internal static async Task RunAsync(ConnectionOptions options, CancellationToken stop)
    {
        var dialer = new Dialer(options);
        using WebSocketLink link = await WebSocketLink.OpenAsync(dialer, null, null, stop).ConfigureAwait(false);
        await dialer.Step(Stage.Echo).RunAsync(token => EchoAsync(link, options.Url, token), stop).ConfigureAwait(false);
        await dialer.Step(Stage.Close).RunAsync(token => CloseAsync(link, options.Url, token), stop).ConfigureAwait(false);
    }

    private static async Task EchoAsync(WebSocketLink link, Uri url, CancellationToken stop)
    {
        await link.SendAsync(Opcode.Text, Message, stop).ConfigureAwait(false);

        // A greeting may come first, and a prefix in front.
        LinkEvent received;
        do
        {
            received = (await link.ReceiveAsync(Timeout.InfiniteTimeSpan, stop).ConfigureAwait(false))!;
            if (received.IsEnd)
            {
                throw new ConnectionFailedException(Stage.Echo, received.Describe(), received.Diagnose(url));
            }
        }
        while (!received.Payload.AsSpan().EndsWith(Message));
    }

    private static async Task CloseAsync(WebSocketLink link, Uri url, CancellationToken stop)
    {
        await link.SendCloseAsync(CloseCode.NormalClosure, "", stop).ConfigureAwait(false);
        LinkEvent received;
        do
        {
            received = (await link.ReceiveAsync(Timeout.InfiniteTimeSpan, stop).ConfigureAwait(false))!;
        }
        while (!received.IsEnd);

        if (received.Kind != LinkEventKind.Close)
        {
            throw new ConnectionFailedException(Stage.Close, received.Describe(), received.Diagnose(url));
        }

    }
}
