using System.Runtime.InteropServices;
using EchoServer.Transport;

namespace EchoServer.Load;

/// <summary>Masking keys "derived from a strong source of entropy" (RFC 6455 §5.3, §10.3), fetched in blocks.</summary>
/// <remarks>A call to the system's generator for each key would cost as much as sending a small message. Safe on any thread.</remarks>
internal static class MaskingKeys
{
    private const int KeysPerBlock = 1024;

    [ThreadStatic]
    private static uint[]? _keys;

    [ThreadStatic]
    private static int _left;

    internal static uint Next()
    {
        uint[] keys = _keys ??= new uint[KeysPerBlock];
        if (_left == 0)
        {
            StrongRandom.Fill(MemoryMarshal.AsBytes(keys.AsSpan()));
            _left = KeysPerBlock;
        }

        return keys[--_left];
    }
}
