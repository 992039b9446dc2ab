using Microsoft.Extensions.Logging;
using FleckLevel = global::Fleck.LogLevel;
using FleckLog = global::Fleck.FleckLog;

namespace EchoServer.Fleck;

/// <summary>Brings what Fleck logs to the server's own log, with its level.</summary>
/// <remarks>
/// Safe on any thread. Fleck has one log for the whole process: the last bridge made is the one that hears it. Lines are held back
/// until <see cref="Release"/>, so that the first line of all says where the server listens.
/// </remarks>
internal sealed class FleckLogBridge : IDisposable
{
    // Between the start of Fleck and our own line there are one or two; more would be a fault that must not fill the memory.
    private const int MaxHeldLines = 64;

    private readonly Lock _gate = new();
    private readonly ILogger _log;
    private readonly Action<FleckLevel, string, Exception> _action;
    private Queue<Action>? _held = new();

    /// <summary>Takes over Fleck's log.</summary>
    internal FleckLogBridge(ILogger log)
    {
        _log = log;
        _action = Take;
        FleckLog.Level = MinLevel(log);
        FleckLog.LogAction = _action;
    }

    /// <summary>Passes on the lines that were held back, and from now on each line at once.</summary>
    internal void Release()
    {
        lock (_gate)
        {
            while (_held?.TryDequeue(out Action? line) == true)
            {
                line();
            }

            _held = null;
        }
    }

    /// <summary>Discards Fleck's log lines: the log that receives them is about to end.</summary>
    public void Dispose()
    {
        Release();
        if (ReferenceEquals(FleckLog.LogAction, _action))
        {
            FleckLog.LogAction = static (_, _, _) => { };
        }
    }

    private void Take(FleckLevel level, string text, Exception exception)
    {
        LogLevel ours = Map(level);
        if (_held is not null)
        {
            lock (_gate)
            {
                if (_held is not null)
                {
                    Hold(() => _log.FleckSaid(ours, text, exception));
                    return;
                }
            }
        }

        _log.FleckSaid(ours, text, exception);
    }

    private void Hold(Action line)
    {
        if (_held!.Count < MaxHeldLines)
        {
            _held.Enqueue(line);
        }
    }

    private static LogLevel Map(FleckLevel level) => level switch
    {
        FleckLevel.Debug => LogLevel.Debug,
        FleckLevel.Info => LogLevel.Information,
        FleckLevel.Warn => LogLevel.Warning,
        _ => LogLevel.Error,
    };

    /// <summary>What Fleck may leave out, because the server's log would.</summary>
    private static FleckLevel MinLevel(ILogger log) => Array.Find(
        [FleckLevel.Debug, FleckLevel.Info, FleckLevel.Warn, FleckLevel.Error],
        level => log.IsEnabled(Map(level)) || level == FleckLevel.Error);
}
