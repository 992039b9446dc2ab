using System.Runtime.InteropServices;

namespace EchoServer.Transport;

/// <summary>Maps each descriptor to the socket to signal: one table for all I/O threads, because a process has each descriptor once.</summary>
/// <remarks>
/// An event of a descriptor that has been reused meanwhile reaches the wrong socket. It costs that socket one receive in vain or, if
/// the event is an end, one after each receive. Safe on any thread.
/// </remarks>
internal sealed class DescriptorTable
{
    private readonly Lock _gate = new();

    // By file descriptor, which the kernel keeps small.
    private IWatched?[] _files = new IWatched?[64];

    /// <summary>The socket to signal for this descriptor; null for none.</summary>
    internal IWatched? this[int file] => Volatile.Read(ref Volatile.Read(ref _files)[file]);

    /// <summary>Enters a socket for its descriptor.</summary>
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

    /// <summary>Removes the entry of a descriptor, unless it is closed: then another socket may have it already.</summary>
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
