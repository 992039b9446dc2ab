namespace EchoServer.Client.Output;

/// <summary>Standard error. Text that cannot be written there is lost: no other place is left to say so.</summary>
/// <remarks>Safe on any thread.</remarks>
internal static class StandardError
{
    private static readonly Lock Writing = new();
    private static readonly StandardStream Output = StandardStream.OpenError();

    internal static void WriteLine(string line) => Write(line + '\n');

    /// <summary>Says in one line why a command has failed.</summary>
    /// <param name="cause">The cause, escaped.</param>
    /// <returns>The exit code.</returns>
    internal static int Fail(string cause)
    {
        WriteLine($"EchoServer: {cause}");
        return ExitCode.Failed;
    }

    internal static void Write(string text)
    {
        lock (Writing)
        {
            Output.Write(Encoding.UTF8.GetBytes(text));
        }
    }
}
