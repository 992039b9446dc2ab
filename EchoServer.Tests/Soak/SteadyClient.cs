using System.Net.WebSockets;

namespace EchoServer.Tests.Soak;

/// <summary>Good clients: .NET's own, which check every echo byte by byte.</summary>
internal static class SteadyClient
{
    private const int SmallestMessage = 64;
    private const int LargestMessage = 64 * 1024;

    public static async Task VisitAsync(int port, Random random, CancellationToken patience)
    {
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{port}/"), patience);
        string text = $"visit {random.Next()}";
        await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, patience);
        foreach (string expected in (string[])["Hi, this is the Echo-Server", $"Echo: {text}"])
        {
            Expect(Encoding.UTF8.GetString((await socket.ReceiveMessageAsync(patience)).Payload) == expected, $"no '{expected}' came");
        }

        await CloseAsync(socket, patience);
    }

    public static async Task RunAsync(int port, Random random, TimeSpan pause, Action echoed, CancellationToken end)
    {
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{port}/raw"), CancellationToken.None);
        while (!end.IsCancellationRequested)
        {
            // Pings are answered only while a receive is pending: it is, also during the pause.
            Task<(WebSocketMessageType Type, byte[] Payload)> receiving = socket.ReceiveMessageAsync(CancellationToken.None);
            await Task.Delay(pause, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            (WebSocketMessageType type, byte[] message) = await SendAsync(socket, random);
            (WebSocketMessageType echoedType, byte[] echo) = await receiving.WaitAsync(ServerProcess.Patience, CancellationToken.None);
            Expect(
                echoedType == type && echo.AsSpan().SequenceEqual(message),
                $"sent {message.Length} bytes of {type}, got back {echo.Length} bytes of {echoedType} {socket.CloseStatus} {socket.CloseStatusDescription}");
            echoed();
        }

        using var patience = new CancellationTokenSource(ServerProcess.Patience);
        await CloseAsync(socket, patience.Token);
    }

    private static void Expect(bool isRight, string otherwise)
    {
        if (!isRight)
        {
            throw new InvalidDataException(otherwise);
        }
    }

    private static async Task<(WebSocketMessageType Type, byte[] Message)> SendAsync(ClientWebSocket socket, Random random)
    {
        // As many small ones as large ones: each doubling of the size is as likely as the next.
        byte[] message = new byte[(int)(SmallestMessage * Math.Pow(LargestMessage / SmallestMessage, random.NextDouble()))];
        random.NextBytes(message);
        WebSocketMessageType type = random.Next(2) == 0 ? WebSocketMessageType.Text : WebSocketMessageType.Binary;
        if (type == WebSocketMessageType.Text)
        {
            ToLetters(message);
        }

        ReadOnlyMemory<byte> rest = message;
        while (random.Next(4) == 0 && rest.Length > 1)
        {
            int fragment = random.Next(1, rest.Length);
            await socket.SendAsync(rest[..fragment], type, false, CancellationToken.None);
            rest = rest[fragment..];
        }

        await socket.SendAsync(rest, type, true, CancellationToken.None);
        return (type, message);
    }

    private static async Task CloseAsync(ClientWebSocket socket, CancellationToken patience)
    {
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", patience);
        Expect(socket.CloseStatus == WebSocketCloseStatus.NormalClosure, $"closed with {socket.CloseStatus}");
    }

    /// <summary>Any letters of two bytes: U+0400 to U+043F, D0 80 to D0 BF; an odd last byte is ASCII.</summary>
    private static void ToLetters(Span<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = i % 2 == 1 ? (byte)(0x80 | (bytes[i] & 0x3F))
                : i == bytes.Length - 1 ? (byte)'.'
                : (byte)0xD0;
        }
    }
}
