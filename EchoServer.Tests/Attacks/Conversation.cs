namespace EchoServer.Tests.Attacks;

/// <summary>A client under load: always some messages on their way, each echo checked for its content and its place.</summary>
internal sealed class Conversation(Attacker client, int number)
{
    private const int MessagesOnTheirWay = 8;

    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _buffered;
    private int _sent;

    public int Echoes { get; private set; }

    /// <summary>The code of the server's Close frame; 0 when there was none.</summary>
    public int CloseCode { get; private set; }

    public string? Failure { get; private set; }

    /// <summary>Talks until the server says Close, or until enough is said: then every echo is waited for, and ours is the first Close.</summary>
    public async Task HoldAsync(CancellationToken enough = default)
    {
        while (CloseCode == 0 && Failure is null && (!enough.IsCancellationRequested || Echoes < _sent))
        {
            if (!enough.IsCancellationRequested)
            {
                await SayMoreAsync();
            }

            await ListenAsync();
        }

        await EndAsync();
    }

    private string Message(int i) => $"{number}/{i} {new string('x', (number + i) * 37 % 1000)}";

    private async Task SayMoreAsync()
    {
        int count = MessagesOnTheirWay - (_sent - Echoes);
        await client.SendAsync(WireFrame.Join(Enumerable.Range(_sent, count).Select(i => WireFrame.Text(Message(i)))));
        _sent += count;
    }

    private async Task ListenAsync()
    {
        int received = await client.ReadAsync(_buffer.AsMemory(_buffered));
        if (received == 0)
        {
            Failure ??= $"the server ended the connection after {Echoes} of {_sent} echoes, without a Close";
            return;
        }

        _buffered += received;
        int used = 0;
        while (Answer.TryReadFrame(_buffer.AsSpan(used.._buffered)) is (WireFrame frame, int size))
        {
            await TakeAsync(frame);
            used += size;
        }

        _buffer.AsSpan(used.._buffered).CopyTo(_buffer);
        _buffered -= used;
    }

    private async Task TakeAsync(WireFrame frame)
    {
        if (CloseCode != 0)
        {
            Failure ??= $"a frame came after the Close: {frame}";
        }
        else if (frame.Opcode == WireFrame.PingOpcode)
        {
            await client.SendAsync(WireFrame.Pong(frame.Payload).ToBytes());
        }
        else if (frame.Opcode == WireFrame.CloseOpcode)
        {
            CloseCode = frame.CloseCode;
        }
        else if (Encoding.UTF8.GetString(frame.Payload) == Message(Echoes))
        {
            Echoes++;
        }
        else
        {
            Failure ??= $"expected '{Message(Echoes)}', received '{Encoding.UTF8.GetString(frame.Payload)}'";
        }
    }

    /// <summary>Completes the closing handshake, begun by either side, and waits for the end of the stream.</summary>
    private async Task EndAsync()
    {
        await client.SendAsync(WireFrame.Close(CloseCode == 0 ? 1000 : CloseCode).ToBytes());
        while (CloseCode == 0 && Failure is null)
        {
            await ListenAsync();
        }

        if (_buffered > 0 || await client.ReadAsync(_buffer) > 0)
        {
            Failure ??= "something came after the Close";
        }
    }
}
