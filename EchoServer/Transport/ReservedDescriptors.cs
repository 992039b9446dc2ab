using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace EchoServer.Transport;

/// <summary>Reserves file descriptors for the time when the process has no others left.</summary>
/// <remarks>
/// The runtime needs descriptors to start a thread or to load code, and ends the process when it gets none. So the listener releases
/// these when accepting fails for want of descriptors, and accepts no more until there are others beside them. Belongs to the
/// listener; any thread may dispose of it.
/// </remarks>
internal sealed class ReservedDescriptors : IDisposable
{
    // A thread takes two at a time, and one for each file that is looked into on the way; a few may start at once.
    private const int Count = 8;

    private readonly SafeFileHandle?[] _files = new SafeFileHandle?[Count];

    /// <summary>Takes as many descriptors as are missing, if there are more than that.</summary>
    /// <exception cref="SocketException">There are not so many: then none are kept.</exception>
    internal void Fill()
    {
        // Taking them to find out would leave the runtime without any for that moment.
        if (OpenFiles.ReadLimit() - OpenFiles.Count() <= Count)
        {
            throw new SocketException((int)SocketError.TooManyOpenSockets);
        }

        try
        {
            foreach (ref SafeFileHandle? file in _files.AsSpan())
            {
                file ??= Libc.Own(Libc.EventFile(0, Libc.CloseOnExec));
            }
        }
        catch (SocketException)
        {
            Release();
            throw;
        }
    }

    /// <summary>Gives them all back.</summary>
    internal void Release()
    {
        foreach (ref SafeFileHandle? file in _files.AsSpan())
        {
            Interlocked.Exchange(ref file, null)?.Dispose();
        }
    }

    public void Dispose() => Release();
}
