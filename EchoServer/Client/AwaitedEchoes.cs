using System.Text;
using EchoServer.Connect;

namespace EchoServer.Client;

/// <summary>The answers that are waited for once the input has ended: the echoes of all messages, or silence.</summary>
/// <remarks>One thread notes messages while another one waits.</remarks>
internal sealed class AwaitedEchoes(ClientOptions options, EndOfInput endOfInput)
{
    private readonly TaskCompletionSource _echoed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastActivity = Stopwatch.GetTimestamp();
    private volatile int _due = options.Count ?? options.Messages.Count;

    /// <summary>Whether echoes are waited for, and not all have come.</summary>
    internal bool AreMissing => NeedsEchoes && _due > 0;

    /// <summary>The time that the server may take: to read a message, and to answer after the input has ended.</summary>
    internal TimeSpan Patience => endOfInput switch
    {
        EndOfInput.WaitsForEchoes => options.Connection.Timeout,
        EndOfInput.WaitsForSilence => options.Wait,
        _ => TimeSpan.Zero,
    };

    internal bool NeedsEchoes => endOfInput == EndOfInput.WaitsForEchoes;

    /// <summary>Notes that something was sent or received: the wait for silence begins again.</summary>
    internal void NoteActivity() => Volatile.Write(ref _lastActivity, Stopwatch.GetTimestamp());

    internal void Received(ClientEvent message)
    {
        // Messages that the server sends of its own accord must not prolong the wait for an echo.
        if (NeedsEchoes && !IsEcho(message))
        {
            return;
        }

        NoteActivity();
        if (NeedsEchoes && --_due == 0)
        {
            _echoed.TrySetResult();
        }
    }

    /// <summary>Waits for the answers.</summary>
    /// <returns>False when the server has said nothing for too long, and echoes are missing.</returns>
    internal async Task<bool> WaitAsync(CancellationToken over)
    {
        TimeSpan left;
        while ((left = Patience - Stopwatch.GetElapsedTime(Volatile.Read(ref _lastActivity))) > TimeSpan.Zero &&
            (AreMissing || !NeedsEchoes))
        {
            await await Task.WhenAny(Task.Delay(left, over), _echoed.Task).ConfigureAwait(false);
        }

        over.ThrowIfCancellationRequested();
        return !AreMissing;
    }

    /// <summary>An echo may have a prefix.</summary>
    private bool IsEcho(ClientEvent received)
    {
        string text = Encoding.UTF8.GetString(received.Payload);
        return options.Messages.Any(message => text.EndsWith(message, StringComparison.Ordinal));
    }
}
