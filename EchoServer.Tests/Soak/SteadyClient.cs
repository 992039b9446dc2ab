using System.Net.WebSockets;
using System.Text;

namespace EchoServer.Tests.Soak;

/// <summary>A good client: .NET's own, which checks every echo byte by byte.</summary>
internal sealed class SteadyClient(Random random) : IDisposable
{
    private const int SmallestMessage = 64;
    private const int LargestMessage = 64 * 1024;

    private readonly ClientWebSocket _socket = new();
    private readonly byte[] _message = new byte[LargestMessage];
    private readonly byte[] _echo = new byte[LargestMessage];

    public static async Task VisitAsync(int port, Random random, CancellationToken patience)
    {
        using var client = new SteadyClient(random);
        await client._socket.ConnectAsync(new Uri($"ws://127.0.0.1:{port}/"), patience);
        string text = $"visit {random.Next()}";
        await client._socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, patience);
        Expect(await client.ReceiveTextAsync(patience), "Hi, this is the Echo-Server");
        Expect(await client.ReceiveTextAsync(patience), $"Echo: {text}");
        await client.CloseAsync(patience);
    }

    public async Task RunAsync(int port, TimeSpan pause, Action echoed, CancellationToken end)
    {
        await _socket.ConnectAsync(new Uri($"ws://127.0.0.1:{port}/raw"), CancellationToken.None);
        while (!end.IsCancellationRequested)
        {
            // Pings are answered only while a receive is pending: it is, also during the pause.
            Task<Received> receiving = ReceiveAsync(CancellationToken.None);
            await Task.Delay(pause, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            (int length, WebSocketMessageType type) = await SendAsync();
            Received received = await receiving.WaitAsync(ServerProcess.Patience, CancellationToken.None);
            if (received != new Received(length, type) || !_echo.AsSpan(0, length).SequenceEqual(_message.AsSpan(0, length)))
            {
                throw new InvalidDataException($"sent {length} bytes of {type}, got back something else: {received}");
            }

            echoed();
        }

        using var patience = new CancellationTokenSource(ServerProcess.Patience);
        await CloseAsync(patience.Token);
    }

    public void Dispose() => _socket.Dispose();

    private static void Expect(string got, string expected)
    {
        if (got != expected)
        {
            throw new InvalidDataException($"'{got}' came instead of '{expected}'");
        }
    }

    private async Task<(int Length, WebSocketMessageType Type)> SendAsync()
    {
        // As many small ones as large ones: each doubling of the size is as likely as the next.
        int length = (int)(SmallestMessage * Math.Pow(LargestMessage / SmallestMessage, random.NextDouble()));
        WebSocketMessageType type = random.Next(2) == 0 ? WebSocketMessageType.Text : WebSocketMessageType.Binary;
        Memory<byte> message = _message.AsMemory(0, length);
        random.NextBytes(message.Span);
        if (type == WebSocketMessageType.Text)
        {
            ToLetters(message.Span);
        }

        while (random.Next(4) == 0 && message.Length > 1)
        {
            int fragment = random.Next(1, message.Length);
            await _socket.SendAsync(message[..fragment], type, false, CancellationToken.None);
            message = message[fragment..];
        }

        await _socket.SendAsync(message, type, true, CancellationToken.None);
        return (length, type);
    }

    private async Task<Received> ReceiveAsync(CancellationToken patience)
    {
        int length = 0;
        ValueWebSocketReceiveResult part;
        do
        {
            part = await _socket.ReceiveAsync(_echo.AsMemory(length), patience);
            length += part.Count;
        }
        while (!part.EndOfMessage);

        return part.MessageType == WebSocketMessageType.Close
            ? throw new InvalidDataException($"the server closed: {_socket.CloseStatus} {_socket.CloseStatusDescription}")
            : new Received(length, part.MessageType);
    }

    private async Task<string> ReceiveTextAsync(CancellationToken patience) =>
        Encoding.UTF8.GetString(_echo, 0, (await ReceiveAsync(patience)).Length);

    private async Task CloseAsync(CancellationToken patience)
    {
        await _socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", patience);
        Expect($"{_socket.CloseStatus}", $"{WebSocketCloseStatus.NormalClosure}");
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

    private sealed record Received(int Length, WebSocketMessageType Type);
}
