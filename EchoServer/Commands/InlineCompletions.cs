namespace EchoServer.Commands;

/// <summary>Lets the runtime call a socket's continuation on the I/O thread that saw it ready.</summary>
/// <remarks>
/// Saves a hand-over to the thread pool for each receive, which is half of the CPU of a small echo. The price is that nothing
/// may block there. For the commands whose connections are written for it: serve and load. The client awaits one socket, and
/// library code runs on it.
/// </remarks>
internal static class InlineCompletions
{
    private const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>To be called before the first socket is made: then the runtime reads it, once. A variable that is set is left alone.</summary>
    internal static void Enable()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null)
        {
            Environment.SetEnvironmentVariable(Variable, "1");
        }
    }
}
