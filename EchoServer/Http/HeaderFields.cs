using System.Buffers;
using EchoServer.WebSockets;

namespace EchoServer.Http;

/// <summary>The header fields of a message, request or response (RFC 9112 §5, RFC 9110 §5).</summary>
/// <remarks>
/// A view of the bytes it was read from, already checked; valid as long as they are. The fields are looked through on each
/// question: a handshake has a dozen of them, and a table would cost more than it saves.
/// </remarks>
internal readonly ref struct HeaderFields(ReadOnlySpan<byte> lines)
{
    // RFC 9110 §5.6.2: tchar.
    private static readonly SearchValues<byte> TokenBytes =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private readonly ReadOnlySpan<byte> _lines = lines;

    /// <summary>Reads header lines up to and with the empty line that ends them.</summary>
    /// <remarks>The position is where the fields begin, and behind the empty line when <see cref="ParseStatus.Done"/>.</remarks>
    internal static ParseStatus Read(
        ReadOnlySpan<byte> input, scoped ref int position, HeadRules rules, out HeaderFields fields, out HeadError? error)
    {
        fields = default;
        int start = position;
        for (int count = 0; ; count++)
        {
            ParseStatus status = HeadLine.Read(input, ref position, rules, out ReadOnlySpan<byte> line, out error);
            if (status == ParseStatus.Done && line.IsEmpty)
            {
                fields = new HeaderFields(input[start..(position - HeadLine.EndBytes)]);
            }

            if (status != ParseStatus.Done || line.IsEmpty)
            {
                return status;
            }

            error = count == rules.MaxFields
                ? new(HeadErrorKind.TooManyFields, $"the head has more than {rules.MaxFields} header lines")
                : CheckField(line, rules);
            if (error is not null)
            {
                return ParseStatus.Bad;
            }
        }
    }

    /// <summary>Goes through the fields in the order sent.</summary>
    public Enumerator GetEnumerator() => new(_lines);

    /// <summary>Finds a field that may stand only once, whatever the case of its name (RFC 9110 §5.1).</summary>
    /// <returns>How many fields of that name there are. The value is that of the first, without the white space around it.</returns>
    public int Find(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        value = default;
        int found = 0;
        foreach (Field field in this)
        {
            if (Ascii.EqualsIgnoreCase(field.Name, name) && found++ == 0)
            {
                value = field.Value;
            }
        }

        return found;
    }

    /// <summary>Finds a comma-separated list; repeated fields are one list (RFC 9110 §5.3, §5.6.1).</summary>
    /// <returns>Its elements with the commas; empty when there is no such field.</returns>
    public ReadOnlySpan<byte> List(ReadOnlySpan<byte> name)
    {
        if (Find(name, out ReadOnlySpan<byte> value) < 2)
        {
            return value;
        }

        List<byte> joined = [];
        foreach (Field field in this)
        {
            if (Ascii.EqualsIgnoreCase(field.Name, name))
            {
                joined.AddRange(field.Value);
                joined.Add((byte)',');
            }
        }

        return joined.ToArray().AsSpan()[..^1];
    }

    /// <summary>Whether a comma-separated list contains a token, in any case.</summary>
    public bool ListContains(ReadOnlySpan<byte> name, ReadOnlySpan<byte> token)
    {
        ReadOnlySpan<byte> list = List(name);
        foreach (Range range in list.Split((byte)','))
        {
            if (Ascii.EqualsIgnoreCase(TrimWhiteSpace(list[range]), token))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Finds the last element of a comma-separated list, without the white space around it; empty when there is no such field.</summary>
    public ReadOnlySpan<byte> LastOfList(ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> list = List(name);
        return TrimWhiteSpace(list[(list.LastIndexOf((byte)',') + 1)..]);
    }

    /// <summary>Whether the bytes are a token, a name without separators (RFC 9110 §5.6.2); none are not.</summary>
    public static bool IsToken(ReadOnlySpan<byte> value) => !value.IsEmpty && !value.ContainsAnyExcept(TokenBytes);

    /// <summary>Takes optional white space off both ends (OWS, RFC 9110 §5.6.3).</summary>
    public static ReadOnlySpan<byte> TrimWhiteSpace(ReadOnlySpan<byte> value) => value.Trim(" \t"u8);

    private static HeadError? CheckField(ReadOnlySpan<byte> line, HeadRules rules)
    {
        // RFC 9112 §5.2: "A server that receives an obs-fold in a request message ... MUST either reject the message ...".
        // §5.1: "No whitespace is allowed between the field name and colon."
        int colon = line.IndexOf((byte)':');
        string? flaw = line[0] is (byte)' ' or (byte)'\t' ? "a header line begins with white space (obsolete line folding)"
            : colon < 0 ? $"the header line '{EscapedText.Quote(line)}' has no colon"
            : !IsToken(line[..colon]) ? $"the header name '{EscapedText.Quote(line[..colon])}' is not a token"
            : line[(colon + 1)..].ContainsAny(rules.NotInFieldValue) ? $"the value of header '{EscapedText.Quote(line[..colon])}' has a control character"
            : null;
        return flaw is null ? null : HeadError.Malformed(flaw);
    }

    /// <summary>One header field.</summary>
    public readonly ref struct Field
    {
        internal Field(ReadOnlySpan<byte> line)
        {
            int colon = line.IndexOf((byte)':');
            Name = line[..colon];
            Value = TrimWhiteSpace(line[(colon + 1)..]);
        }

        /// <summary>The name as sent: in any case, and re-cased by Cloud Foundry's router.</summary>
        public ReadOnlySpan<byte> Name { get; }

        /// <summary>The value, without the white space around it.</summary>
        public ReadOnlySpan<byte> Value { get; }
    }

    /// <summary>Goes through the header fields, for <c>foreach</c>.</summary>
    public ref struct Enumerator(ReadOnlySpan<byte> fields)
    {
        private ReadOnlySpan<byte> _rest = fields;
        private ReadOnlySpan<byte> _line;

        /// <summary>The field at hand.</summary>
        public readonly Field Current => new(_line);

        /// <summary>Goes to the next field, if there is one.</summary>
        public bool MoveNext()
        {
            int end = _rest.IndexOf("\r\n"u8);
            if (end < 0)
            {
                return false;
            }

            _line = _rest[..end];
            _rest = _rest[(end + 2)..];
            return true;
        }
    }
}
