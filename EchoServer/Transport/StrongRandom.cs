using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace EchoServer.Transport;

/// <summary>Unpredictable bytes, for keys and nonces.</summary>
/// <remarks>
/// From the kernel: on Linux the runtime's generator is that of OpenSSL, and where this library is missing it ends the process. Safe on
/// any thread.
/// </remarks>
internal static partial class StrongRandom
{
    /// <summary>Makes random bytes.</summary>
    internal static byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        Fill(bytes);
        return bytes;
    }

    /// <summary>Overwrites bytes with random ones.</summary>
    internal static unsafe void Fill(Span<byte> bytes)
    {
        // getrandom(2): a signal interrupts the call, or leaves it with fewer bytes.
        bool hasCall = OperatingSystem.IsLinux();
        while (hasCall && !bytes.IsEmpty)
        {
            nint count;
            fixed (byte* start = bytes)
            {
                count = GetRandom(start, bytes.Length, flags: 0);
            }

            hasCall = count >= 0 || Marshal.GetLastPInvokeError() == Libc.EInterrupted;
            bytes = bytes[(int)Math.Max(count, 0)..];
        }

        if (!bytes.IsEmpty)
        {
            RandomNumberGenerator.Fill(bytes);
        }
    }

    [LibraryImport("libc", EntryPoint = "getrandom", SetLastError = true)]
    private static unsafe partial nint GetRandom(byte* buffer, nint length, uint flags);
}
