using System.Buffers;
using System.Numerics;

namespace EchoServer.WebSockets;

/// <summary>Where the memory of messages comes from that do not arrive whole.</summary>
/// <remarks>
/// The shared pool keeps up to 32 arrays of each size for each processor: of large ones, as a crowd of large messages leaves them
/// behind, that is more than a small instance has. Here a few of each size are kept, and none beyond
/// <see cref="LargestPooledBytes"/>. Safe on any thread.
/// </remarks>
internal static class MessageBuffers
{
    // Up to here the shared pool's arrays are small enough to be kept.
    private const int LargestSharedBytes = 64 * 1024;

    // The largest message when nothing else is set: a few clients at a time that send such allocate nothing.
    private const int LargestPooledBytes = 1024 * 1024;

    private const int KeptOfEachSize = 4;

    // A pool for each size above the shared ones, so that none gives a larger array than was asked and counted for.
    private static readonly ArrayPool<byte>[] Pools = Enumerable
        .Range(1, BitOperations.Log2(LargestPooledBytes / LargestSharedBytes))
        .Select(doublings => ArrayPool<byte>.Create(LargestSharedBytes << doublings, KeptOfEachSize))
        .ToArray();

    /// <summary>Rents memory.</summary>
    /// <param name="size">How much: a power of two.</param>
    /// <returns>An array of exactly that length, its content unknown.</returns>
    internal static byte[] Rent(int size) => PoolOf(size)?.Rent(size) ?? GC.AllocateUninitializedArray<byte>(size);

    /// <summary>Gives it back. It must not be used any more.</summary>
    internal static void Return(byte[] array) => PoolOf(array.Length)?.Return(array);

    private static ArrayPool<byte>? PoolOf(int size) => size switch
    {
        <= LargestSharedBytes => ArrayPool<byte>.Shared,
        <= LargestPooledBytes => Pools[BitOperations.Log2((uint)(size / LargestSharedBytes)) - 1],
        _ => null,
    };
}
