using EchoServer.Client.Output;

namespace EchoServer.Commands;

/// <summary>The last line of defence: an exception that nothing caught is one line on standard error, and exit code 1.</summary>
internal static class UncaughtExceptions
{
    /// <summary>Also notes the exception; null for nothing.</summary>
    internal static Action<object>? Log { private get; set; }

    /// <summary>Ends the process when an exception leaves a thread; the runtime would print a stack trace and abort.</summary>
    internal static void EndTheProcess() => AppDomain.CurrentDomain.UnhandledException += (_, unhandled) =>
    {
        try
        {
            Log?.Invoke(unhandled.ExceptionObject);
            StandardError.WriteLine(Describe((Exception)unhandled.ExceptionObject));
        }
        catch (Exception)
        {
            // Without memory or descriptors even that can fail: the exit code is left.
        }

        Environment.Exit(ExitCode.Failed);
    };

    /// <summary>Describes an exception in one line: its type, its text, and the method that threw it.</summary>
    internal static string Describe(Exception exception)
    {
        Exception cause = exception.GetBaseException();

        // "   at Type.Method(arguments) in file:line 1".
        string frame = cause.StackTrace?.Split('\n')[0].Trim().Split(' ').ElementAtOrDefault(1) ?? "";
        string where = frame.Length > 0 ? $" in {frame.Split('(')[0]}" : "";
        return $"EchoServer: cannot go on: {EscapedText.From($"{cause.GetType().Name}{where}: {cause.Message}".AsSpan())}; check the limits of this machine (ulimit -a), or report it as a fault of EchoServer";
    }
}
