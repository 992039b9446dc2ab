using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace EchoServer.Load;

/// <summary>Masking keys "derived from a strong source of entropy" (RFC 6455 §5.3, §10.3), fetched in blocks.</summary>
/// <remarks>A call to the system's generator for each key would cost as much as sending a small message. Safe on any thread.</remarks>
internal static class MaskingKeys
{
    private const int KeysPerBlock = 1024;

    [ThreadStatic]
    private static uint[]? _keys;

    [ThreadStatic]
    private static int _used;

    /// <summary>A key that nobody has had.</summary>
    internal static uint Next()
    {
        uint[] keys = _keys ??= new uint[KeysPerBlock];
        if (_used == 0)
        {
            RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(keys.AsSpan()));
        }

        uint key = keys[_used];
        _used = (_used + 1) % KeysPerBlock;
        return key;
    }
}
