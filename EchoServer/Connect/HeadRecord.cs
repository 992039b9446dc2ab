using System.Buffers;
using System.Text;

namespace EchoServer.Connect;

/// <summary>The first bytes of each direction of a connection. Written by whoever sends and whoever receives, read afterwards.</summary>
internal sealed class HeadRecord
{
    /// <summary>More than a head may be.</summary>
    private const int MaxBytes = 64 * 1024;

    // RFC 8446 §5.1: the type of the record that a ClientHello is in. No text begins so, and no SOCKS request.
    private const byte TlsHandshake = 22;

    private readonly Half _sent = new();
    private readonly Half _received = new();
    private volatile bool _hasTlsBegun;

    /// <summary>Whether TLS was begun over the connection, as through a tunnel that a proxy has opened.</summary>
    internal bool HasTlsBegun => _hasTlsBegun;

    internal void Sent(ReadOnlySpan<byte> bytes)
    {
        _hasTlsBegun |= bytes is [TlsHandshake, ..];
        _sent.Add(bytes);
    }

    internal void Received(ReadOnlySpan<byte> bytes) => _received.Add(bytes);

    /// <summary>The heads; nothing is recorded from here on.</summary>
    internal HandshakeHeads Take() => new(_sent.Take(), _received.Take());

    /// <summary>All that was recorded, heads or not; nothing is from here on. What was sent may have a password in it.</summary>
    internal (byte[] Sent, byte[] Received) TakeBytes() => (_sent.TakeBytes(), _received.TakeBytes());

    private sealed class Half
    {
        private readonly ArrayBufferWriter<byte> _bytes = new();
        private volatile bool _isTaken;

        internal void Add(ReadOnlySpan<byte> bytes)
        {
            if (!_isTaken && _bytes.WrittenCount < MaxBytes)
            {
                _bytes.Write(bytes);
            }
        }

        internal string Take()
        {
            ReadOnlySpan<byte> bytes = TakeSpan();
            int end = bytes.IndexOf("\r\n\r\n"u8);
            return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..(end + 4)]);
        }

        internal byte[] TakeBytes() => TakeSpan().ToArray();

        private ReadOnlySpan<byte> TakeSpan()
        {
            // It goes on being called with what comes later, on other threads.
            _isTaken = true;
            return _bytes.WrittenSpan;
        }
    }
}
