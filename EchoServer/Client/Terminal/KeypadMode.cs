namespace EchoServer.Client.Terminal;

/// <summary>The mode of a terminal's arrow keys and keypad, which this program leaves as it is.</summary>
internal static class KeypadMode
{
    private const string TerminalName = "TERM";

    /// <summary>To be called before anything is written: then the runtime looks up the terminal, once.</summary>
    /// <remarks>
    /// With the first output of any command on a terminal it would write that terminal's keypad_xmit (<c>ESC [ ? 1 h ESC =</c>), for keys that
    /// only the prompt reads, and never take it back. Most keys it knows without; <see cref="TerminalInput"/> reads the others.
    /// </remarks>
    internal static void Keep()
    {
        // A terminal that cannot move its cursor has no such mode, and its name says so to the prompt.
        if (Environment.GetEnvironmentVariable(TerminalName) != "dumb")
        {
            Environment.SetEnvironmentVariable(TerminalName, null);
        }
    }
}
