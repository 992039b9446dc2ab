using System.Runtime.InteropServices;

namespace EchoServer.Bench.Servers;

/// <summary>The CPU time of another process: user and system, of all its threads, also of those that have ended.</summary>
internal static partial class ProcessClock
{
    // Linux, include/linux/posix-timers_types.h: a process's CPU clock is the complement of its id, shifted by three, and the kind
    // of clock below it; 2 is what the scheduler counts, in nanoseconds.
    private const int KindBits = 3;
    private const int SchedulerClock = 2;

    // proc(5): utime and stime are the fields 14 and 15, in ticks; after the name's closing parenthesis comes field 3.
    private const int UserTimeField = 14 - 3;
    private const int TicksPerSecond = 100;

    // User and system time are both rounded down, and a thread that runs is counted at the next tick of its core.
    private const int SlackTicks = 8;

    /// <summary>CPU time so far, to the nanosecond.</summary>
    public static TimeSpan Read(int processId)
    {
        if (GetTime((~processId << KindBits) | SchedulerClock, out Timespec time) != 0)
        {
            throw new InvalidOperationException($"process {processId} has no CPU clock: it has ended");
        }

        return Precise(time.Seconds, time.Nanoseconds);
    }

    /// <summary>CPU time so far by <c>/proc/PID/stat</c>, in steps of 10 ms: only to check the other.</summary>
    public static TimeSpan ReadTicks(int processId)
    {
        string stat = File.ReadAllText($"/proc/{processId}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        long ticks = long.Parse(fields[UserTimeField], CultureInfo.InvariantCulture)
            + long.Parse(fields[UserTimeField + 1], CultureInfo.InvariantCulture);
        return TimeSpan.FromSeconds((double)ticks / TicksPerSecond);
    }

    /// <summary>Compares the two clocks of a process, once: a figure from a clock that means something else would be believed.</summary>
    public static void Check(int processId)
    {
        TimeSpan before = ReadTicks(processId);
        TimeSpan precise = Read(processId);
        TimeSpan after = ReadTicks(processId);
        var slack = TimeSpan.FromSeconds((double)SlackTicks / TicksPerSecond);
        if (precise < before - slack || precise > after + slack)
        {
            throw new InvalidOperationException(
                $"the CPU clock of process {processId} says {precise.TotalSeconds:0.000} s, /proc says {after.TotalSeconds:0.00} s");
        }
    }

    private static TimeSpan Precise(long seconds, long nanoseconds) =>
        TimeSpan.FromTicks((seconds * TimeSpan.TicksPerSecond) + (nanoseconds / TimeSpan.NanosecondsPerTick));

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out Timespec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
