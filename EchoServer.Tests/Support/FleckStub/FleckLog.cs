#nullable disable
#pragma warning disable IDE0130 // The package's namespace, not the folder's.
namespace Fleck;

public enum LogLevel
{
    Debug,
    Info,
    Warn,
    Error,
}

/// <summary>Fleck's log: one for the whole process, as in the package.</summary>
public static class FleckLog
{
    public static Action<LogLevel, string, Exception> LogAction { get; set; } = (_, text, _) => Console.WriteLine(text);
}
