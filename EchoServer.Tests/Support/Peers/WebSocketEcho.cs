using System.Net.WebSockets;

namespace EchoServer.Tests.Support.Peers;

/// <summary>Whole messages with .NET's own client.</summary>
internal static class WebSocketEcho
{
    /// <summary>Sends a message, whole or in fragments of so many bytes, and checks that it comes back.</summary>
    public static async Task EchoAsync(
        this ClientWebSocket client, WebSocketMessageType type, byte[] message, CancellationToken patience, int fragment = int.MaxValue)
    {
        int end = 0;
        do
        {
            int start = end;
            end = start + Math.Min(fragment, message.Length - start);
            await client.SendAsync(message.AsMemory(start..end), type, end == message.Length, patience);
        }
        while (end < message.Length);

        (WebSocketMessageType echoed, byte[] echo) = await client.ReceiveMessageAsync(patience);
        Assert.That(echoed, Is.EqualTo(type));
        Assert.That(echo.AsSpan().SequenceEqual(message), Is.True, $"{message.Length} bytes in fragments of {fragment}");
    }

    public static async Task<(WebSocketMessageType Type, byte[] Payload)> ReceiveMessageAsync(this ClientWebSocket client, CancellationToken patience)
    {
        using var message = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        WebSocketReceiveResult part;
        do
        {
            part = await client.ReceiveAsync(buffer, patience);
            message.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        return (part.MessageType, message.ToArray());
    }
}
