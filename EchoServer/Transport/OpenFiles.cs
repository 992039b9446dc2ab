using System.Globalization;
using System.IO.Enumeration;

namespace EchoServer.Transport;

/// <summary>Counts this process's file descriptors, and reads their limit.</summary>
internal static class OpenFiles
{
    // Linux, proc(5): an entry for each open descriptor.
    private const string Folder = "/proc/self/fd";
    private const string LimitsFile = "/proc/self/limits";
    private const string LimitName = "Max open files";

    // Where there is no limit that can be read.
    private const int AssumedLimit = 4096;

    /// <summary>Descriptors that a client leaves to the runtime, which ends the process when it has none to start a thread or to load code.</summary>
    internal const int Reserved = 32;

    /// <summary>Reads the soft limit, which the runtime has raised to the hard one.</summary>
    internal static long ReadLimit()
    {
        if (!File.Exists(LimitsFile))
        {
            return AssumedLimit;
        }

        string? line = File.ReadLines(LimitsFile).FirstOrDefault(text => text.StartsWith(LimitName, StringComparison.Ordinal));
        string? soft = line?[LimitName.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out long files) ? files : AssumedLimit;
    }

    /// <summary>Counts the connections that a client may open now, which is what the limit leaves without those <see cref="Reserved"/>.</summary>
    internal static long CountAvailable() => Math.Max(0, ReadLimit() - Count() - Reserved);

    /// <summary>Counts the open descriptors, sockets included; 0 where the system does not list them.</summary>
    /// <remarks>In a build that is not a single file, the runtime keeps each of its assemblies open.</remarks>
    internal static int Count()
    {
        // Of a reference type, because the runtime has ahead-of-time code for that: nine methods would be compiled at the start.
        return Directory.Exists(Folder) ? new FileSystemEnumerable<string>(Folder, (ref _) => "").Count() : 0;
    }
}
