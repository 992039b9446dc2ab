using System.Runtime.InteropServices;

namespace EchoServer.Transport;

/// <summary>Who is told of what file: one table for all I/O threads, because a process has each descriptor once.</summary>
/// <remarks>
/// What epoll tells of a descriptor that has been given away anew meanwhile reaches the wrong socket: that costs it a look in vain, or,
/// when it tells of an end, one after each receive. Safe on any thread.
/// </remarks>
internal sealed class WatchedFiles
{
    private readonly Lock _gate = new();

    // By file descriptor, which the kernel keeps small.
    private IWatched?[] _files = new IWatched?[64];

    /// <summary>Who watches this file; null for nobody.</summary>
    internal IWatched? this[int file] => Volatile.Read(ref Volatile.Read(ref _files)[file]);

    /// <summary>From here on it is told of this file.</summary>
    internal void Add(int file, IWatched watched)
    {
        lock (_gate)
        {
            if (file >= _files.Length)
            {
                var larger = new IWatched?[Math.Max(file + 1, _files.Length * 2)];
                _files.CopyTo(larger, 0);
                Volatile.Write(ref _files, larger);
            }

            Volatile.Write(ref _files[file], watched);
        }
    }

    /// <summary>Nobody is told of this file any more, unless it is closed and so, perhaps, somebody else's already.</summary>
    internal void Remove(SafeHandle handle)
    {
        int file = (int)handle.DangerousGetHandle();
        lock (_gate)
        {
            if (!handle.IsClosed)
            {
                _files[file] = null;
            }
        }
    }
}
