using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.WebSockets;

namespace EchoServer.Check;

/// <summary>Connects, upgrades, waits for one echo and closes: the least that proves a server, for health checks.</summary>
internal static class QuickCheck
{
    private static readonly byte[] Message = "EchoServer check"u8.ToArray();

    /// <summary>Runs the check.</summary>
    /// <exception cref="ConnectionFailedException">A step failed.</exception>
    internal static async Task RunAsync(ConnectionOptions options, CancellationToken stop)
    {
        var dialer = new Dialer(options);
        using ClientConnection connection = await dialer.OpenWebSocketAsync(stop).ConfigureAwait(false);
        await dialer.Step(Stage.Echo).RunAsync(token => EchoAsync(connection, options.Url, token), stop).ConfigureAwait(false);
        await dialer.Step(Stage.Close).RunAsync(token => CloseAsync(connection, options.Url, token), stop).ConfigureAwait(false);
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
