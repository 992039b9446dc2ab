using System.Runtime.InteropServices;

namespace EchoServer.WebSockets.Compression;

/// <summary>The runtime's own zlib (zlib-ng since .NET 9), as the runtime's <c>System.IO.Compression</c> calls it.</summary>
/// <remarks>
/// <para>
/// <c>DeflateStream</c> stands on the same functions, but always has a window of 32 KiB, cannot begin anew without being made
/// anew, and asks for its input through a stream. What permessage-deflate agrees on needs all three. These functions are part
/// of the shared framework, not of its public surface: the project names the framework (net10.0), a single file has them
/// inside, and <c>ZlibTests</c> fails when a framework comes whose functions differ.
/// </para>
/// <para>Safe on any thread, one thread at a time for each <see cref="ZStream"/>. See zlib.h for what each function does.</para>
/// </remarks>
internal static unsafe partial class Zlib
{
    // zlib.h: flush values.
    internal const int NoFlush = 0;
    internal const int SyncFlush = 2;
    internal const int FullFlush = 3;
    internal const int ToEndOfBlock = 5;

    // zlib.h: return codes. No progress was possible; not an error by itself.
    internal const int Ok = 0;
    internal const int AtEnd = 1;
    internal const int DataError = -3;
    internal const int NoProgress = -5;

    // zlib.h: method, strategy.
    internal const int Deflated = 8;
    internal const int DefaultStrategy = 0;

    // In a single file the runtime knows its own libraries by exactly this name.
    private const string Library = "libSystem.IO.Compression.Native";
    private const string LibraryOnWindows = "System.IO.Compression.Native";

    private static int _isPrepared;

    /// <summary>What the functions work on (pal_zlib.h); zlib's own state hangs on it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ZStream
    {
        internal byte* NextIn;
        internal byte* NextOut;
        internal byte* Message;
        internal void* State;
        internal uint AvailableIn;
        internal uint AvailableOut;
    }

    /// <summary>To be called before anything else: on Windows the library has another name.</summary>
    internal static void Prepare()
    {
        if (OperatingSystem.IsWindows() && Interlocked.Exchange(ref _isPrepared, 1) == 0)
        {
            NativeLibrary.SetDllImportResolver(
                typeof(Zlib).Assembly,
                (name, assembly, path) => name == Library ? NativeLibrary.Load(LibraryOnWindows, assembly, path) : IntPtr.Zero);
        }
    }

    [LibraryImport(Library, EntryPoint = "CompressionNative_DeflateInit2_")]
    internal static partial int DeflateInit(ZStream* stream, int level, int method, int windowBits, int memoryLevel, int strategy);

    [LibraryImport(Library, EntryPoint = "CompressionNative_Deflate")]
    internal static partial int Deflate(ZStream* stream, int flush);

    [LibraryImport(Library, EntryPoint = "CompressionNative_DeflateEnd")]
    internal static partial int DeflateEnd(ZStream* stream);

    [LibraryImport(Library, EntryPoint = "CompressionNative_InflateInit2_")]
    internal static partial int InflateInit(ZStream* stream, int windowBits);

    [LibraryImport(Library, EntryPoint = "CompressionNative_Inflate")]
    internal static partial int Inflate(ZStream* stream, int flush);

    [LibraryImport(Library, EntryPoint = "CompressionNative_InflateReset2_")]
    internal static partial int InflateReset(ZStream* stream, int windowBits);

    [LibraryImport(Library, EntryPoint = "CompressionNative_InflateEnd")]
    internal static partial int InflateEnd(ZStream* stream);
}
