using Microsoft.Win32.SafeHandles;

namespace EchoServer.Transport;

/// <summary>A socket of Linux: closed when it is disposed of and no system call is using it any more.</summary>
/// <remarks>A third of the runtime's own handle, and without the system calls that it makes to learn what it was given.</remarks>
internal sealed class SocketHandle : SafeHandleMinusOneIsInvalid
{
    /// <param name="descriptor">An open file descriptor, owned from now on; or -1.</param>
    internal SocketHandle(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    protected override bool ReleaseHandle() => Libc.Close(handle) == 0;
}
