using EchoServer.WebSockets;

namespace EchoServer.Tests.WebSockets;

/// <summary>Random but valid frames, and what they have to be read as.</summary>
internal sealed class RandomTraffic
{
    // Where the length takes another form, the empty message, and one byte.
    private static readonly int[] SmallBoundaries = [0, 1, 124, 125, 126, 127];
    private static readonly int[] LargeBoundaries = [65_534, 65_535, 65_536, 65_537];

    private readonly Random _random;
    private readonly Role _reader;
    private readonly List<WireFrame> _frames = [];

    /// <summary>Makes some messages with control frames between and inside them, and a Close at the end.</summary>
    public RandomTraffic(Random random, Role reader)
    {
        _random = random;
        _reader = reader;
        for (int left = random.Next(1, 9); left > 0; left--)
        {
            AddMessage();
            AddControlFrames();
        }

        Add(WireFrame.CloseOpcode, random.Next(2) == 0 ? [] : [0x03, 0xE8, .. RandomText(random, random.Next(124))], fin: true);
        Expected.Add(new ReadEvent(nameof(ReadResult.Close), _frames[^1].Payload));
    }

    public List<ReadEvent> Expected { get; } = [];

    public int LargestMessage { get; private set; }

    public byte[] ToBytes() => WireFrame.Join(_frames);

    /// <summary>Text of exactly so many bytes, with characters of every length.</summary>
    public static byte[] RandomText(Random random, int bytes)
    {
        byte[] text = new byte[bytes];
        for (int done = 0; done < bytes;)
        {
            int value = Math.Min(bytes - done, random.Next(1, 5)) switch
            {
                1 => random.Next(0x80),
                2 => random.Next(0x80, 0x800),
                3 => random.Next(2) == 0 ? random.Next(0x800, 0xD800) : random.Next(0xE000, 0x10000),
                _ => random.Next(0x10000, 0x110000),
            };
            done += new Rune(value).EncodeToUtf8(text.AsSpan(done));
        }

        return text;
    }

    private void AddMessage()
    {
        int size = RandomSize();
        bool isText = _random.Next(2) == 0;
        byte[] payload = isText ? RandomText(_random, size) : RandomBytes(size);
        int opcode = isText ? WireFrame.TextOpcode : WireFrame.BinaryOpcode;
        int start = 0;
        for (int fragments = _random.Next(3) == 0 ? _random.Next(1, 6) : 0; fragments > 0; fragments--)
        {
            // Anywhere, in the middle of a character too; empty fragments are as good as others.
            int end = _random.Next(start, size + 1);
            Add(opcode, payload[start..end], fin: false);
            AddControlFrames();
            opcode = WireFrame.Continuation;
            start = end;
        }

        Add(opcode, payload[start..], fin: true);
        Expected.Add(new ReadEvent(isText ? ReadEvent.Text : ReadEvent.Binary, payload));
        LargestMessage = Math.Max(LargestMessage, size);
    }

    private void AddControlFrames()
    {
        while (_random.Next(3) == 0)
        {
            bool isPing = _random.Next(2) == 0;
            byte[] payload = RandomBytes(_random.Next(2) == 0 ? _random.Next(4) : _random.Next(126));
            Add(isPing ? WireFrame.PingOpcode : WireFrame.PongOpcode, payload, fin: true);
            Expected.Add(new ReadEvent(isPing ? nameof(ReadResult.Ping) : nameof(ReadResult.Pong), payload));
        }
    }

    private void Add(int opcode, byte[] payload, bool fin) =>
        _frames.Add(new WireFrame(opcode, payload, fin) { Masked = _reader == Role.Server, Key = RandomBytes(4) });

    private int RandomSize() => _random.Next(200) switch
    {
        0 => LargeBoundaries[_random.Next(LargeBoundaries.Length)],
        < 60 => SmallBoundaries[_random.Next(SmallBoundaries.Length)],
        < 70 => _random.Next(5_000),
        _ => _random.Next(100),
    };

    private byte[] RandomBytes(int length)
    {
        byte[] bytes = new byte[length];
        _random.NextBytes(bytes);
        return bytes;
    }
}
