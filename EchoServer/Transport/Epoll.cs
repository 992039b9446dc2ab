using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EchoServer.Transport;

/// <summary>What epoll(7) tells of a socket; the values are the kernel's.</summary>
[Flags]
internal enum EpollEvents : uint
{
    /// <summary>Nothing, but what cannot be left out: the end.</summary>
    None = 0,

    /// <summary>EPOLLIN: something to receive, or the end.</summary>
    Readable = 0x1,

    /// <summary>EPOLLOUT: room to send.</summary>
    Writable = 0x4,

    /// <summary>EPOLLERR: the connection is broken.</summary>
    Error = 0x8,

    /// <summary>EPOLLHUP: both directions have ended.</summary>
    HangUp = 0x10,

    /// <summary>EPOLLRDHUP: the peer sends no more.</summary>
    PeerShutdown = 0x2000,

    /// <summary>EPOLLET: told once for each change, not as long as it lasts.</summary>
    EdgeTriggered = 0x80000000,
}

/// <summary>An I/O thread: waits with epoll(7) for all of its sockets at once, and runs on what each was waiting for.</summary>
/// <remarks>
/// One wait tells of as many sockets as have something, so a busy program makes few of them. A socket is watched until
/// <see cref="Forget"/>. Safe on any thread.
/// </remarks>
internal sealed unsafe class Epoll : IDisposable
{
    /// <summary>The name of each such thread, as the platform shows it as well.</summary>
    internal const string ThreadName = "Echo I/O";

    // How many sockets one wait tells of at most.
    private const int MaxEvents = 512;

    private const EpollEvents WhileConnected = EpollEvents.Readable | EpollEvents.PeerShutdown | EpollEvents.EdgeTriggered;

    // struct epoll_event: 32 bits of events, 64 bits of ours, which only x86 packs without a gap.
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int EventBytes = DataOffset + sizeof(ulong);

    private readonly DescriptorTable _files;
    private readonly SafeFileHandle _epoll;
    private readonly SafeFileHandle _stop;

    /// <summary>Starts the thread.</summary>
    /// <param name="files">The descriptor table; the same for all threads.</param>
    /// <exception cref="SocketException">There are no file descriptors left.</exception>
    internal Epoll(DescriptorTable files)
    {
        _files = files;
        _epoll = Libc.Own(Libc.EpollCreate(Libc.CloseOnExec));
        _stop = Libc.Own(Libc.EventFile(0, Libc.CloseOnExec));
        Control(Libc.EpollAdd, _stop, EpollEvents.Readable);
        new Thread(Run) { IsBackground = true, Name = ThreadName }.Start();
    }

    /// <summary>Begins to watch a connected socket: signals it once for each change.</summary>
    /// <inheritdoc cref="Watch(IWatched, SafeHandle, EpollEvents)"/>
    internal void Watch(IWatched socket, SafeHandle handle) =>
        Watch(socket, handle, WhileConnected);

    /// <summary>Begins to watch a socket.</summary>
    /// <exception cref="SocketException">The kernel has no memory left for it.</exception>
    /// <exception cref="ObjectDisposedException">The thread, or the socket, has ended.</exception>
    internal void Watch(IWatched socket, SafeHandle handle, EpollEvents events)
    {
        _files.Add((int)handle.DangerousGetHandle(), socket);
        Control(Libc.EpollAdd, handle, events);
    }

    /// <summary>Signals a connected socket once more what it has been signalled already.</summary>
    /// <param name="handle">A watched socket.</param>
    /// <param name="withRoom">Whether it is signalled, from now on, also when it has room to send.</param>
    /// <exception cref="ObjectDisposedException">The thread, or the socket, has ended.</exception>
    internal void WatchAgain(SafeHandle handle, bool withRoom) =>
        Change(handle, WhileConnected | (withRoom ? EpollEvents.Writable : EpollEvents.None));

    /// <summary>Changes the events that a watched socket is signalled; pending ones are signalled at once.</summary>
    /// <exception cref="ObjectDisposedException">The thread, or the socket, has ended.</exception>
    internal void Change(SafeHandle handle, EpollEvents events) => Control(Libc.EpollModify, handle, events);

    /// <summary>Tells a socket nothing more. Right before it is closed, which the kernel takes as the end of watching.</summary>
    internal void Forget(SafeHandle handle) => _files.Remove(handle);

    /// <summary>Ends the thread; what still waits then waits for ever.</summary>
    public void Dispose()
    {
        ulong one = 1;
        Libc.Write(_stop, (byte*)&one, sizeof(ulong));
    }

    private void Control(int operation, SafeHandle file, EpollEvents events)
    {
        byte* told = stackalloc byte[EventBytes];
        Unsafe.WriteUnaligned(told, events);
        Unsafe.WriteUnaligned(told + DataOffset, (long)file.DangerousGetHandle());
        if (Libc.EpollControl(_epoll, operation, file, told) != 0)
        {
            throw Libc.LastError();
        }
    }

    private void Run()
    {
        byte* events = stackalloc byte[MaxEvents * EventBytes];
        int stop = (int)_stop.DangerousGetHandle();
        while (true)
        {
            // Negative after a signal's interruption.
            int count = Libc.EpollWait(_epoll, events, MaxEvents);
            for (int i = 0; i < count; i++)
            {
                byte* told = events + (i * EventBytes);
                int file = (int)Unsafe.ReadUnaligned<long>(told + DataOffset);
                if (file == stop)
                {
                    _epoll.Dispose();
                    _stop.Dispose();
                    return;
                }

                _files[file]?.Signal(Unsafe.ReadUnaligned<EpollEvents>(told));
            }
        }
    }
}
