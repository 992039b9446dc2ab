using System.Runtime.InteropServices;

namespace EchoServer.Load;

/// <summary>Sleeps for less than the runtime's millisecond where the system can.</summary>
/// <remarks>
/// <see cref="Thread.Sleep(int)"/> takes whole milliseconds and a little more: on a grid of milliseconds it would be late by half
/// of one on average, which is ten times what an echo on this machine takes.
/// </remarks>
internal static class PreciseSleep
{
    private const int MicrosecondsPerMillisecond = 1000;

    /// <summary>Sleeps for a time, and the system's own delay of about 60 microseconds.</summary>
    /// <param name="microseconds">The time, above 0 and below a second, which is all that POSIX promises.</param>
    internal static void For(int microseconds)
    {
        if (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS())
        {
            _ = USleep((uint)microseconds);
        }
        else
        {
            Thread.Sleep((microseconds + MicrosecondsPerMillisecond - 1) / MicrosecondsPerMillisecond);
        }
    }

    // POSIX: int usleep(useconds_t). No memory changes hands.
    [DllImport("libc", EntryPoint = "usleep")]
    private static extern int USleep(uint microseconds);
}
