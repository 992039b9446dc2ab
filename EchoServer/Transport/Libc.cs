using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EchoServer.Transport;

/// <summary>The system calls of Linux that <see cref="EpollSocket"/>, <see cref="EpollListener"/> and <see cref="Epoll"/> are made of; see their manual pages, section 2.</summary>
/// <remarks>
/// Errors come back as -1, their number from <see cref="Marshal.GetLastPInvokeError"/>; from the four calls that a message takes as
/// that number, negative. All are safe on any thread.
/// </remarks>
internal static unsafe partial class Libc
{
    // Same numbers on every architecture that .NET runs on with Linux.
    internal const int EInterrupted = 4;
    internal const int EAgain = 11;
    internal const int ETooManyFilesOfSystem = 23;
    internal const int ETooManyFiles = 24;
    internal const int EPipe = 32;
    internal const int EConnectionAborted = 103;
    internal const int EConnectionReset = 104;

    // recv(2), send(2): leave it there; do not wait; do not raise SIGPIPE.
    internal const int MsgPeek = 0x2;
    internal const int MsgDontWait = 0x40;
    internal const int MsgNoSignal = 0x4000;

    // socket(7), tcp(7): levels and options.
    internal const int SocketLevel = 1;
    internal const int LingerOption = 13;
    internal const int TcpLevel = 6;
    internal const int TcpInfoOption = 11;

    // getrlimit(2): the most open files.
    internal const int OpenFilesResource = 7;

    // signal(7): stops the process, whatever it handles.
    internal const int SignalStop = 19;

    // syscall(2): numbers of x86-64, and of all architectures that came later.
    private static readonly nint SendNumber = IsX64 ? 44 : 206;
    private static readonly nint ReceiveNumber = IsX64 ? 45 : 207;
    private static readonly nint SendMessageNumber = IsX64 ? 46 : 211;
    private static readonly nint EpollWaitNumber = IsX64 ? 281 : 22;

    // accept4(2), epoll_create1(2), epoll_ctl(2), eventfd(2).
    internal const int CloseOnExec = 0x80000;
    internal const int EpollAdd = 1;
    internal const int EpollModify = 3;

    /// <summary>Whether this is Linux on a processor whose numbers of system calls are known here.</summary>
    internal static bool IsKnown => OperatingSystem.IsLinux() && (IsX64 || RuntimeInformation.ProcessArchitecture == Architecture.Arm64);

    private static bool IsX64 => RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>recv(2).</summary>
    internal static int Receive(SafeHandle socket, byte* buffer, int length, int flags) =>
        Call(ReceiveNumber, socket, buffer, length, flags);

    /// <summary>send(2).</summary>
    internal static int Send(SafeHandle socket, byte* bytes, int length, int flags) =>
        Call(SendNumber, socket, bytes, length, flags);

    /// <summary>sendmsg(2).</summary>
    internal static int SendMessage(SafeHandle socket, GatheredMessage* message, int flags) =>
        Call(SendMessageNumber, socket, message, flags, 0);

    /// <summary>epoll_wait(2), without a time limit.</summary>
    internal static int EpollWait(SafeFileHandle epoll, byte* epollEvents, int most) =>
        Call(EpollWaitNumber, epoll, epollEvents, most, Timeout.Infinite);

    [LibraryImport("libc", EntryPoint = "accept4", SetLastError = true)]
    internal static partial int Accept(SafeHandle listener, byte* address, int* addressBytes, int flags);

    [LibraryImport("libc", EntryPoint = "shutdown", SetLastError = true)]
    internal static partial int Shutdown(SafeHandle socket, int how);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    internal static partial int GetSocketOption(SafeHandle socket, int level, int option, void* value, int* valueBytes);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    internal static partial int SetSocketOption(SafeHandle socket, int level, int option, void* value, int valueBytes);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(nint file);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    internal static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    internal static partial int EpollControl(SafeFileHandle epoll, int operation, SafeHandle file, byte* epollEvent);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    internal static partial int EventFile(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(SafeFileHandle file, byte* bytes, nint length);

    [LibraryImport("libc", EntryPoint = "raise", SetLastError = true)]
    internal static partial int Raise(int signal);

    // Room for the soft and the hard limit: each an unsigned long, or 64 bits with some libraries for 32-bit processors.
    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    internal static partial int GetLimit(int resource, ulong* limits);

    // Past the C library's own functions: a thread can be cancelled in those, which costs two atomic operations a call where there
    // are several threads. Nor is errno set and read where nothing failed.
    private static int Call(nint number, SafeHandle file, void* start, nint third, nint fourth)
    {
        nint result = Call(number, file, start, third, fourth, 0, 0);
        return result >= 0 ? (int)result : -Marshal.GetLastSystemError();
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint Call(nint number, SafeHandle file, void* second, nint third, nint fourth, nint fifth, nint sixth);

    /// <summary>Takes a new file descriptor into safe hands.</summary>
    /// <exception cref="SocketException">It is the -1 of a call that failed.</exception>
    internal static SafeFileHandle Own(int descriptor) =>
        descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw LastError();

    /// <summary>Maps errno to SocketError; values that no caller tells apart become SocketError.SocketError.</summary>
    internal static SocketError ToSocketError(int error) => error switch
    {
        EAgain => SocketError.WouldBlock,
        EConnectionReset or EPipe => SocketError.ConnectionReset,
        ETooManyFiles or ETooManyFilesOfSystem => SocketError.TooManyOpenSockets,
        _ => SocketError.SocketError,
    };

    /// <summary>readv(2), struct iovec: bytes that are one part of a message.</summary>
    internal struct Part
    {
        internal byte* Start;
        internal nint Length;
    }

    /// <summary>sendmsg(2), struct msghdr: a message whose parts lie in different places.</summary>
    internal struct GatheredMessage
    {
        internal void* Address;
        internal uint AddressBytes;
        internal Part* Parts;
        internal nint PartCount;
        internal void* Control;
        internal nint ControlBytes;
        internal int Flags;
    }

    /// <summary>The last call's error as an exception.</summary>
    internal static SocketException LastError()
    {
        int error = Marshal.GetLastPInvokeError();
        return new SocketException((int)ToSocketError(error), Marshal.GetPInvokeErrorMessage(error));
    }
}
