namespace EchoServer.Http;

/// <summary>The head of an HTTP/1.1 request: request line and header fields (RFC 9112 §2 to §5).</summary>
/// <remarks>A view of the bytes it was read from, already checked; valid as long as they are.</remarks>
internal readonly ref partial struct RequestHead
{
    private RequestHead(
        ReadOnlySpan<byte> method, ReadOnlySpan<byte> target, ReadOnlySpan<byte> version, FieldSection fields, int size)
    {
        Method = method;
        Target = target;
        Version = version;
        Fields = fields;
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
    public FieldSection Fields { get; }

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

    /// <summary>Finds a field that may stand only once: <see cref="FieldSection.Find"/>.</summary>
    /// <param name="name">The field's name; case does not matter.</param>
    /// <param name="value">The value of the first field of that name.</param>
    /// <returns>How many fields of that name there are.</returns>
    public int Find(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value) => Fields.Find(name, out value);
}
