using EchoServer.Check.Conversations;
using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.WebSockets;

namespace EchoServer.Check;

/// <summary>Connects, upgrades, has one exchange and closes: the least that proves a server, for health checks.</summary>
internal static class QuickCheck
{
    private static readonly byte[] Message = "EchoServer check"u8.ToArray();

    internal static async Task<ProbeResult> RunAsync(CheckOptions options, CancellationToken stop)
    {
        using var run = new CheckRun(options);
        return await CheckPlan.RunAsync(new("quick", TryAsync), run, stop).ConfigureAwait(false);
    }

    private static async Task<Finding> TryAsync(CheckRun run, CancellationToken stop)
    {
        CheckOptions options = run.Options;
        Dialer dialer = run.Dialer;
        EchoLink link = await run.Peer.LinkAsync(stop).ConfigureAwait(false);
        if (options.Conversation.Count > 0)
        {
            await Conversation.RunAsync(link, dialer, options.Conversation, stop).ConfigureAwait(false);
        }

        if (options.ExpectsEcho)
        {
            await dialer.Step(Stage.Echo).RunAsync(token => EchoAsync(link.Connection, dialer.Url, token), stop).ConfigureAwait(false);
        }
        else if (options.Conversation.Count == 0)
        {
            await link.PingAsync(stop).ConfigureAwait(false);
        }

        await dialer.Step(Stage.Close).RunAsync(token => CloseAsync(link.Connection, dialer.Url, token), stop).ConfigureAwait(false);
        return Finding.Pass("opened, answered and closed");
    }

    private static async Task EchoAsync(ClientConnection connection, Uri url, CancellationToken stop)
    {
        await connection.SendAsync(Opcode.Text, Message).ConfigureAwait(false);

        // A greeting may come first, and a prefix in front.
        ClientEvent received;
        do
        {
            received = await connection.ReceiveAsync(stop).ConfigureAwait(false);
            if (received.IsEnd)
            {
                throw ConnectionFailedException.Of(received, url);
            }
        }
        while (!received.Payload.AsSpan().EndsWith(Message));
    }

    private static async Task CloseAsync(ClientConnection connection, Uri url, CancellationToken stop)
    {
        await connection.CloseAsync(CloseCode.NormalClosure).ConfigureAwait(false);
        ClientEvent received;
        do
        {
            received = await connection.ReceiveAsync(stop).ConfigureAwait(false);
        }
        while (!received.IsEnd);

        if (received.Kind != ClientEventKind.Close)
        {
            throw ConnectionFailedException.Of(received, url, Stage.Close);
        }
    }
}
