using System.Runtime.InteropServices;

namespace EchoServer.Load;

/// <summary>Sleeps for less than the runtime's millisecond where the system can.</summary>
/// <remarks>
/// <see cref="Thread.Sleep(int)"/> takes whole milliseconds and a little more: on a grid of milliseconds it would be late by half
/// of one on average, which is ten times what an echo on this machine takes.
/// </remarks>
internal static partial class PreciseSleep
{
    /// <summary>Sleeps until the next multiple of a period.</summary>
    /// <param name="microseconds">The period, below a second.</param>
    /// <param name="elapsed">The time on whose grid it is.</param>
    internal static void UntilNext(int microseconds, Func<TimeSpan> elapsed)
    {
        long now = (long)elapsed().TotalMicroseconds;
        int left = (int)(microseconds - (now % microseconds));
        if (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS())
        {
            _ = USleep((uint)left);
        }
        else
        {
            Thread.Sleep((left + 999) / 1000);
        }
    }

    // POSIX: int usleep(useconds_t). No memory changes hands.
    [DllImport("libc", EntryPoint = "usleep")]
    private static extern int USleep(uint microseconds);
}
