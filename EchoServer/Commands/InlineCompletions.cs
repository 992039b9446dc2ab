namespace EchoServer.Commands;

/// <summary>Lets the runtime call a socket's continuation on the I/O thread that saw it ready, and says how many such threads there are.</summary>
/// <remarks>
/// Saves a hand-over to the thread pool for each wait, which is half of the CPU of a small echo. The price is that nothing
/// may block there. For the commands whose connections are written for it: serve and load. The client awaits one socket, and
/// library code runs on it.
/// </remarks>
internal static class InlineCompletions
{
    /// <summary>To be called before the first socket is made: then the runtime reads it, once. A variable that is set is left alone.</summary>
    /// <remarks>
    /// Without a number the runtime would start a thread for each processor. One that is busy hears of many sockets with one system call, and so
    /// costs less than two that are half idle.
    /// </remarks>
    internal static void Enable(int threads)
    {
        foreach ((string variable, int value) in ((string, int)[])[("INLINE_COMPLETIONS", 1), ("THREAD_COUNT", threads)])
        {
            string name = $"DOTNET_SYSTEM_NET_SOCKETS_{variable}";
            Environment.SetEnvironmentVariable(name, Environment.GetEnvironmentVariable(name) ?? $"{value}");
        }
    }
}
