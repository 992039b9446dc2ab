using System.Runtime.InteropServices;

namespace EchoServer.Bench.Servers;

/// <summary>The CPU time of another process: user and system, of all its threads, also of those that have ended.</summary>
internal static partial class ProcessClock
{
    // Linux, include/linux/posix-timers_types.h: a process's CPU clock is the complement of its id, shifted by three, and the kind
    // of clock below it; 2 is what the scheduler counts, in nanoseconds.
    private const int KindBits = 3;
    private const int SchedulerClock = 2;

    /// <summary>CPU time so far, to the nanosecond.</summary>
    public static TimeSpan Read(int processId)
    {
        if (GetTime((~processId << KindBits) | SchedulerClock, out Timespec time) != 0)
        {
            throw new InvalidOperationException($"process {processId} has no CPU clock: it has ended");
        }

        return TimeSpan.FromSeconds((long)time.Seconds) + TimeSpan.FromTicks(time.Nanoseconds / TimeSpan.NanosecondsPerTick);
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out Timespec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
