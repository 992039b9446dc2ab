using System.Runtime.InteropServices;
using EchoServer.Transport;

namespace EchoServer.Load;

/// <summary>Masking keys "derived from a strong source of entropy" (RFC 6455 §5.3, §10.3), fetched in blocks.</summary>
/// <remarks>A call to the system's generator for each key would cost as much as sending a small message. Safe on any thread.</remarks>
internal static class MaskingKeys
{
    private const int KeysPerBlock = 1024;

    [ThreadStatic]
    private static Block? _block;

    internal static uint Next() => (_block ??= new Block()).Next();

    private sealed class Block
    {
        private readonly uint[] _keys = new uint[KeysPerBlock];
        private int _used = KeysPerBlock;

        internal uint Next()
        {
            if (_used == KeysPerBlock)
            {
                StrongRandom.Fill(MemoryMarshal.AsBytes(_keys.AsSpan()));
                _used = 0;
            }

            return _keys[_used++];
        }
    }
}
