namespace EchoServer.Tests.Support.Wire;

/// <summary>Reads deflate data (RFC 1951) bit by bit, and notes how far back it refers: what no library tells.</summary>
internal sealed class DeflateDecoder
{
    // RFC 1951 §3.2.5.
    private static readonly int[] LengthBase =
        [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];

    private static readonly int[] LengthBits = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];

    private static readonly int[] DistanceBase =
        [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];

    // RFC 1951 §3.2.7.
    private static readonly int[] CodeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

    private readonly List<byte> _output = [];
    private byte[] _input = [];
    private int _bit;

    /// <summary>The farthest that anything referred back so far.</summary>
    public int FarthestDistance { get; private set; }

    /// <summary>The farthest that anything referred back beyond the start of its own message.</summary>
    public int FarthestBeforeMessage { get; private set; }

    /// <summary>Reads a message of a stream of messages; it may refer back to those before.</summary>
    public byte[] Read(byte[] message)
    {
        _input = [.. message, .. Deflated.Tail];
        _bit = 0;
        int start = _output.Count;
        while (_bit < _input.Length * 8)
        {
            ReadBlock(start);
        }

        return [.. _output.Skip(start)];
    }

    private void ReadBlock(int start)
    {
        Bits(1);
        switch (Bits(2))
        {
            case 0:
                _bit = (_bit + 7) / 8 * 8;
                int length = Bits(16);
                Assert.That(Bits(16), Is.EqualTo(length ^ 0xFFFF));
                for (int i = 0; i < length; i++)
                {
                    _output.Add((byte)Bits(8));
                }

                break;
            case 1:
                int[] literals = [.. Enumerable.Range(0, 288).Select(i => i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)];
                ReadCodes(Table(literals), Table([.. Enumerable.Repeat(5, 30)]), start);
                break;
            case 2:
                (Dictionary<int, int> first, Dictionary<int, int> second) = ReadTables();
                ReadCodes(first, second, start);
                break;
            default:
                throw new InvalidDataException("no such block");
        }
    }

    private void ReadCodes(Dictionary<int, int> literals, Dictionary<int, int> distances, int start)
    {
        while (true)
        {
            int symbol = Symbol(literals);
            if (symbol == 256)
            {
                return;
            }

            if (symbol < 256)
            {
                _output.Add((byte)symbol);
                continue;
            }

            int length = LengthBase[symbol - 257] + Bits(LengthBits[symbol - 257]);
            int code = Symbol(distances);
            int distance = DistanceBase[code] + Bits(Math.Max(0, (code / 2) - 1));
            FarthestDistance = Math.Max(FarthestDistance, distance);
            FarthestBeforeMessage = Math.Max(FarthestBeforeMessage, start - (_output.Count - distance));
            for (int i = 0; i < length; i++)
            {
                _output.Add(_output[^distance]);
            }
        }
    }

    private (Dictionary<int, int> Literals, Dictionary<int, int> Distances) ReadTables()
    {
        int literals = Bits(5) + 257;
        int distances = Bits(5) + 1;
        int codes = Bits(4) + 4;
        int[] codeLengths = new int[19];
        for (int i = 0; i < codes; i++)
        {
            codeLengths[CodeLengthOrder[i]] = Bits(3);
        }

        Dictionary<int, int> table = Table(codeLengths);
        var lengths = new List<int>();
        while (lengths.Count < literals + distances)
        {
            int symbol = Symbol(table);
            (int value, int count) = symbol switch
            {
                16 => (lengths[^1], Bits(2) + 3),
                17 => (0, Bits(3) + 3),
                18 => (0, Bits(7) + 11),
                _ => (symbol, 1),
            };
            lengths.AddRange(Enumerable.Repeat(value, count));
        }

        return (Table([.. lengths.Take(literals)]), Table([.. lengths.Skip(literals)]));
    }

    // RFC 1951 §3.2.2: codes of one length are consecutive; a leading 1 tells codes of different lengths apart.
    private static Dictionary<int, int> Table(int[] lengths)
    {
        var table = new Dictionary<int, int>();
        int code = 0;
        for (int length = 1; length <= 15; length++)
        {
            code <<= 1;
            for (int symbol = 0; symbol < lengths.Length; symbol++)
            {
                if (lengths[symbol] == length)
                {
                    table[(1 << length) | code++] = symbol;
                }
            }
        }

        return table;
    }

    private int Symbol(Dictionary<int, int> table)
    {
        int code = 1;
        int symbol;
        do
        {
            code = (code << 1) | Bits(1);
        }
        while (!table.TryGetValue(code, out symbol));

        return symbol;
    }

    private int Bits(int count)
    {
        int value = 0;
        for (int i = 0; i < count; i++, _bit++)
        {
            value |= ((_input[_bit / 8] >> (_bit % 8)) & 1) << i;
        }

        return value;
    }
}
