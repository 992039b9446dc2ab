using System.IO.Enumeration;
using System.Runtime.CompilerServices;

namespace EchoServer.Transport;

/// <summary>Counts this process's file descriptors, and reads their limit.</summary>
internal static class OpenFiles
{
    // Linux, proc(5): an entry for each open descriptor.
    private const string Folder = "/proc/self/fd";

    // Where there is no limit that can be read.
    private const int AssumedLimit = 4096;

    /// <summary>Descriptors that a client leaves to the runtime, which ends the process when it has none to start a thread or to load code.</summary>
    /// <remarks>The portable build opens a file for each of its assemblies, many of them later.</remarks>
    internal static int Reserved => RuntimeFeature.IsDynamicCodeCompiled ? 48 : 32;

    /// <summary>Reads the soft limit, which the runtime has raised to the hard one.</summary>
    /// <remarks>Not from <c>/proc</c>: that takes a descriptor, and there may be none.</remarks>
    internal static unsafe long ReadLimit()
    {
        ulong* limits = stackalloc ulong[2];
        return OperatingSystem.IsLinux() && Libc.GetLimit(Libc.OpenFilesResource, limits) == 0 ? (long)Math.Min(*(nuint*)limits, int.MaxValue) : AssumedLimit;
    }

    /// <summary>Counts the connections that a client may open now, which is what the limit leaves without those <see cref="Reserved"/>.</summary>
    internal static long CountAvailable() => Math.Max(0, ReadLimit() - Count() - Reserved);

    /// <summary>Says that a program cannot begin because the limit is too low.</summary>
    /// <param name="descriptors">How many it needs, those aside that are open already.</param>
    /// <returns>Cause and advice; null where the limit is high enough.</returns>
    internal static string? DescribeShortage(long descriptors)
    {
        long needed = Count() + descriptors;
        long limit = ReadLimit();
        return limit >= needed ? null : $"{needed} open files are needed, and the limit is {limit}; raise it with 'ulimit -n {needed}'";
    }

    /// <summary>Counts the open descriptors, sockets included; 0 where the system does not list them.</summary>
    /// <remarks>In a build that is not a single file, the runtime keeps each of its assemblies open.</remarks>
    internal static int Count()
    {
        try
        {
            // Of a reference type, because the runtime has ahead-of-time code for that: nine methods would be compiled at the start.
            return Directory.Exists(Folder) ? new FileSystemEnumerable<string>(Folder, (ref _) => "").Count() : 0;
        }
        catch (IOException)
        {
            // No descriptor is left to read the folder.
            return (int)ReadLimit();
        }
    }
}
