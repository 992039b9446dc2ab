namespace EchoServer.WebSockets.Compression;

/// <summary>What both ends have agreed on for permessage-deflate (RFC 7692 §7.1).</summary>
/// <param name="ServerNoContextTakeover">Whether each message of the server is compressed by itself (§7.1.1.1).</param>
/// <param name="ClientNoContextTakeover">Whether each message of the client is compressed by itself (§7.1.1.2).</param>
/// <param name="ServerMaxWindowBits">How far back the server's messages may refer, as a logarithm, 8 to 15; null for 15, without a word (§7.1.2.1).</param>
/// <param name="ClientMaxWindowBits">How far back the client's may refer, 8 to 15; null for 15, without a word (§7.1.2.2). Nothing here depends on it: what decompresses has the largest window in any case.</param>
/// <remarks>A value without state: safe on any thread.</remarks>
internal readonly record struct DeflateParameters(
    bool ServerNoContextTakeover, bool ClientNoContextTakeover, int? ServerMaxWindowBits, int? ClientMaxWindowBits = null)
{
    /// <summary>The extension's name (§7).</summary>
    internal const string Extension = "permessage-deflate";

    // §7.1.
    internal const string ServerNoContextTakeoverName = "server_no_context_takeover";
    internal const string ClientNoContextTakeoverName = "client_no_context_takeover";
    internal const string ServerMaxWindowBitsName = "server_max_window_bits";
    internal const string ClientMaxWindowBitsName = "client_max_window_bits";

    // §7.1.2: "a decimal integer value without leading zeroes between 8 to 15, inclusive".
    internal const int MinWindowBits = 8;
    internal const int MaxWindowBits = 15;

    /// <summary>The window to compress with. One of 256 bytes is met by one of 512: zlib leaves 262 bytes of it unused.</summary>
    internal int DeflateWindowBits => Math.Max(ServerMaxWindowBits ?? MaxWindowBits, Deflater.MinWindowBits);

    /// <summary>What the client offers: it can limit how far its messages refer back (§7.1.2.2).</summary>
    internal const string Offer = $"{Extension}; {ClientMaxWindowBitsName}";

    /// <summary>The same with client and server exchanged: a client compresses as it was agreed for its own messages.</summary>
    internal DeflateParameters Mirrored() => new(ClientNoContextTakeover, ServerNoContextTakeover, ClientMaxWindowBits, ServerMaxWindowBits);

    /// <summary>The value of the answer's <c>Sec-WebSocket-Extensions</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Extension);
        if (ServerNoContextTakeover)
        {
            text.Append("; ").Append(ServerNoContextTakeoverName);
        }

        if (ClientNoContextTakeover)
        {
            text.Append("; ").Append(ClientNoContextTakeoverName);
        }

        if (ServerMaxWindowBits is int serverBits)
        {
            text.Append(CultureInfo.InvariantCulture, $"; {ServerMaxWindowBitsName}={serverBits}");
        }

        if (ClientMaxWindowBits is int clientBits)
        {
            text.Append(CultureInfo.InvariantCulture, $"; {ClientMaxWindowBitsName}={clientBits}");
        }

        return text.ToString();
    }
}
