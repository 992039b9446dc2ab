using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EchoServer.Hosting;

/// <summary>What epoll(7) tells of a socket; the values are the kernel's.</summary>
[Flags]
internal enum EpollEvents : uint
{
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
/// One wait tells of as many sockets as have something, so a busy server makes few of them. A socket is watched from
/// <see cref="Watch"/> until it is closed. Safe on any thread.
/// </remarks>
internal sealed unsafe class Epoll : IDisposable
{
    // How many sockets one wait tells of at most.
    private const int MaxEvents = 512;

    // Told of by its slot: no connection has it.
    private const int StopSlot = -1;

    // struct epoll_event: 32 bits of events, 64 bits of ours, which only x86 packs without a gap.
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86 ? 4 : 8;
    private static readonly int EventBytes = DataOffset + sizeof(ulong);

    private readonly ConnectionTable _connections;
    private readonly SafeFileHandle _epoll;
    private readonly SafeFileHandle _stop;

    /// <summary>Starts the thread.</summary>
    /// <param name="connections">Where the connection of a slot is found.</param>
    /// <exception cref="System.Net.Sockets.SocketException">There are no file descriptors left.</exception>
    internal Epoll(ConnectionTable connections)
    {
        _connections = connections;
        _epoll = Libc.Own(Libc.EpollCreate(Libc.CloseOnExec));
        _stop = Libc.Own(Libc.EventFile(0, Libc.CloseOnExec));
        Add(_stop, EpollEvents.Readable, StopSlot, 0);
        new Thread(Run) { IsBackground = true, Name = "Echo I/O" }.Start();
    }

    /// <summary>Watches a connection's socket until it is closed.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="slot">The connection's slot in the table.</param>
    /// <param name="generation">Tells this connection from earlier and later ones in the same slot.</param>
    /// <exception cref="System.Net.Sockets.SocketException">The kernel has no memory left for it.</exception>
    internal void Watch(EpollSocket socket, int slot, int generation) => Add(
        socket.Handle,
        EpollEvents.Readable | EpollEvents.Writable | EpollEvents.PeerShutdown | EpollEvents.EdgeTriggered,
        slot,
        generation);

    /// <summary>Ends the thread; what still waits then waits for ever.</summary>
    public void Dispose()
    {
        ulong one = 1;
        Libc.Write(_stop, (byte*)&one, sizeof(ulong));
    }

    private void Add(SafeHandle file, EpollEvents events, int slot, int generation)
    {
        byte* added = stackalloc byte[EventBytes];
        Unsafe.WriteUnaligned(added, events);
        Unsafe.WriteUnaligned(added + DataOffset, slot);
        Unsafe.WriteUnaligned(added + DataOffset + sizeof(int), generation);
        if (Libc.EpollControl(_epoll, Libc.EpollAdd, file, added) != 0)
        {
            throw Libc.LastError();
        }
    }

    private void Run()
    {
        byte* events = stackalloc byte[MaxEvents * EventBytes];
        while (true)
        {
            // -1 is a signal's interruption.
            int count = Libc.EpollWait(_epoll, events, MaxEvents, Timeout.Infinite);
            for (int i = 0; i < count; i++)
            {
                byte* told = events + (i * EventBytes);
                int slot = Unsafe.ReadUnaligned<int>(told + DataOffset);
                if (slot == StopSlot)
                {
                    _epoll.Dispose();
                    _stop.Dispose();
                    return;
                }

                int generation = Unsafe.ReadUnaligned<int>(told + DataOffset + sizeof(int));
                _connections.Find(slot)?.Signal(generation, Unsafe.ReadUnaligned<EpollEvents>(told));
            }
        }
    }
}
