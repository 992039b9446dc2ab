using System.Text;

namespace EchoServer.Http;

/// <summary>The head of an HTTP/1.1 request: request line and header fields (RFC 9112 §2 to §5).</summary>
/// <remarks>
/// A view of the bytes it was read from, already checked; valid as long as they are. The fields are looked through on each
/// question: a handshake has a dozen of them, and a table would cost more than it saves.
/// </remarks>
public readonly ref partial struct RequestHead
{
    private readonly ReadOnlySpan<byte> _fields;

    private RequestHead(
        ReadOnlySpan<byte> method, ReadOnlySpan<byte> target, ReadOnlySpan<byte> version, ReadOnlySpan<byte> fields, int size)
    {
        Method = method;
        Target = target;
        Version = version;
        _fields = fields;
        Size = size;
    }

    /// <summary>The method, case-sensitive (RFC 9110 §9.1).</summary>
    public ReadOnlySpan<byte> Method { get; }

    /// <summary>The request target as sent (RFC 9112 §3.2), with its query.</summary>
    public ReadOnlySpan<byte> Target { get; }

    /// <summary>The protocol version, such as <c>HTTP/1.1</c>.</summary>
    public ReadOnlySpan<byte> Version { get; }

    /// <summary>Bytes that the head takes, the empty line at its end included; what follows is not part of it.</summary>
    public int Size { get; }

    /// <summary>The header fields in the order sent.</summary>
    public FieldEnumerator Fields => new(_fields);

    /// <summary>The path of the target, without query, as sent: percent-encoded (RFC 9110 §4.1, RFC 9112 §3.2.1 and §3.2.2).</summary>
    public ReadOnlySpan<byte> Path
    {
        get
        {
            int query = Target.IndexOf((byte)'?');
            ReadOnlySpan<byte> path = query < 0 ? Target : Target[..query];
            int scheme = path.IndexOf("://"u8);
            if (path.IsEmpty || path[0] == '/' || scheme < 0)
            {
                return path;
            }

            // absolute-form: "a server MUST accept the absolute-form in requests".
            path = path[(scheme + 3)..];
            int slash = path.IndexOf((byte)'/');
            return slash < 0 ? "/"u8 : path[slash..];
        }
    }

    /// <summary>Finds a field that may stand only once.</summary>
    /// <param name="name">The field's name; case does not matter (RFC 9110 §5.1).</param>
    /// <param name="value">The value of the first field of that name, without the white space around it.</param>
    /// <returns>How many fields of that name there are.</returns>
    public int Find(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        value = default;
        int found = 0;
        foreach (Field field in Fields)
        {
            if (Ascii.EqualsIgnoreCase(field.Name, name) && found++ == 0)
            {
                value = field.Value;
            }
        }

        return found;
    }

    /// <summary>Whether a comma-separated list contains a token; repeated fields are one list (RFC 9110 §5.3, §5.6.1).</summary>
    /// <param name="name">The field's name; case does not matter.</param>
    /// <param name="token">The token; case does not matter.</param>
    /// <returns>True when one of the elements is the token.</returns>
    public bool ListContains(ReadOnlySpan<byte> name, ReadOnlySpan<byte> token)
    {
        foreach (Field field in Fields)
        {
            if (!Ascii.EqualsIgnoreCase(field.Name, name))
            {
                continue;
            }

            foreach (Range range in field.Value.Split((byte)','))
            {
                if (Ascii.EqualsIgnoreCase(TrimWhiteSpace(field.Value[range]), token))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Finds the last element of a comma-separated list; repeated fields are one list (RFC 9110 §5.3).</summary>
    /// <param name="name">The field's name; case does not matter.</param>
    /// <returns>The element without the white space around it; empty when there is no such field.</returns>
    public ReadOnlySpan<byte> LastOfList(ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> last = default;
        foreach (Field field in Fields)
        {
            if (Ascii.EqualsIgnoreCase(field.Name, name))
            {
                last = TrimWhiteSpace(field.Value[(field.Value.LastIndexOf((byte)',') + 1)..]);
            }
        }

        return last;
    }

    /// <summary>Whether the bytes are a token: a name without separators (RFC 9110 §5.6.2).</summary>
    /// <param name="value">The bytes to look at.</param>
    /// <returns>False also when there are none.</returns>
    public static bool IsToken(ReadOnlySpan<byte> value) => !value.IsEmpty && !value.ContainsAnyExcept(TokenBytes);

    /// <summary>Takes optional white space off both ends (OWS, RFC 9110 §5.6.3).</summary>
    /// <param name="value">The bytes to trim.</param>
    /// <returns>A slice of them.</returns>
    public static ReadOnlySpan<byte> TrimWhiteSpace(ReadOnlySpan<byte> value) => value.Trim(" \t"u8);

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
    public ref struct FieldEnumerator
    {
        private ReadOnlySpan<byte> _rest;
        private ReadOnlySpan<byte> _line;

        internal FieldEnumerator(ReadOnlySpan<byte> fields) => _rest = fields;

        /// <summary>The field at hand.</summary>
        public readonly Field Current => new(_line);

        /// <summary>Itself, which is what <c>foreach</c> asks for.</summary>
        /// <returns>This enumerator.</returns>
        public readonly FieldEnumerator GetEnumerator() => this;

        /// <summary>Goes to the next field.</summary>
        /// <returns>False when there is none.</returns>
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
