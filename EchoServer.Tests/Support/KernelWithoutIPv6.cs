using System.Runtime.InteropServices;

namespace EchoServer.Tests.Support;

/// <summary>
/// Starts programs as on a machine whose kernel has no IPv6. A seccomp filter (seccomp(2)) refuses such sockets. It belongs to the
/// thread that starts the program, which inherits it, and takes neither root nor a compiler.
/// </summary>
internal static class KernelWithoutIPv6
{
    // prctl(2)
    private const int SetNoNewPrivileges = 38;
    private const int SetSeccomp = 22;
    private const int FilterMode = 2;

    // The numbers of socket(2), of AF_INET6 and of EAFNOSUPPORT on Linux.
    private const uint SocketOfX64 = 41;
    private const uint SocketOfArm64 = 198;
    private const uint InterNetworkV6 = 10;
    private const uint AddressFamilyNotSupported = 97;

    // linux/filter.h, linux/seccomp.h: struct seccomp_data has the number of the system call at 0 and its first argument at 16.
    private const ushort LoadWord = 0x20;
    private const ushort JumpIfEqual = 0x15;
    private const ushort Return = 0x06;
    private const uint FirstArgument = 16;
    private const uint Fail = 0x0005_0000;
    private const uint Allow = 0x7FFF_0000;

    private delegate int Prctl(int option, nint first, nint second, nint third, nint fourth);

    /// <summary>Runs a program to its end.</summary>
    public static async Task<ProgramResult> RunAsync(ProcessStartInfo start)
    {
        var started = new TaskCompletionSource<RunningProgram>();
        new Thread(() =>
        {
            try
            {
                Refuse();
                started.SetResult(new RunningProgram(start));
            }
            catch (Exception exception)
            {
                started.SetException(exception);
            }
        }).Start();
        await using RunningProgram program = await started.Task;
        return await program.EndAsync("");
    }

    /// <summary>Takes IPv6 from this thread, and from what it starts.</summary>
    private static void Refuse()
    {
        uint socket = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? SocketOfArm64 : SocketOfX64;
        Instruction[] filter =
        [
            new(LoadWord, 0, 0, 0), new(JumpIfEqual, 0, 3, socket), new(LoadWord, 0, 0, FirstArgument), new(JumpIfEqual, 0, 1, InterNetworkV6),
            new(Return, 0, 0, Fail | AddressFamilyNotSupported), new(Return, 0, 0, Allow),
        ];
        Prctl prctl = Marshal.GetDelegateForFunctionPointer<Prctl>(NativeLibrary.GetExport(NativeLibrary.Load("libc.so.6"), "prctl"));
        GCHandle pinned = GCHandle.Alloc(filter, GCHandleType.Pinned);
        GCHandle program = GCHandle.Alloc(new FilterProgram((ushort)filter.Length, pinned.AddrOfPinnedObject()), GCHandleType.Pinned);
        try
        {
            if (prctl(SetNoNewPrivileges, 1, 0, 0, 0) != 0 || prctl(SetSeccomp, FilterMode, program.AddrOfPinnedObject(), 0, 0) != 0)
            {
                throw new InvalidOperationException("the kernel takes no seccomp filter");
            }
        }
        finally
        {
            program.Free();
            pinned.Free();
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Instruction(ushort Code, byte IfTrue, byte IfFalse, uint Operand);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct FilterProgram(ushort Length, nint Instructions);
}
