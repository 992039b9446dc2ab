using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using EchoServer.Load.Report;
using EchoServer.Text;
using EchoServer.WebSockets;

namespace EchoServer.Load;

/// <content>Sending: one thread at a time, which never waits, and all there is to send in one call.</content>
internal sealed partial class LoadConnection
{
    // How often somebody has asked to send since whoever has the turn looked; above 0 means that somebody has the turn.
    private int _pumpRequests;

    // Belong to whoever has the turn.
    private byte[]? _output;
    private int _outputStart;
    private int _outputEnd;
    private ConfiguredValueTaskAwaitable<int> _sending;
    private Action? _onSent;
    private volatile bool _isSendingBroken;

    // The run that messages are sent for: its place in it, and the number of its first message.
    private volatile LoadRun? _run;
    private int _rank;
    private long _firstOfRun;

    /// <summary>Whether everything that was sent has come back, and nothing is being sent.</summary>
    internal bool IsQuiet => !IsOpen || (Volatile.Read(ref _pumpRequests) == 0 && _window.Outstanding == 0);

    /// <summary>Messages of the run that are due and not sent; 0 without a rate.</summary>
    internal long Unsent => _run?.Pace is Pace pace ? Math.Max(0, pace.DueOf(_rank) - (_window.Sent - _firstOfRun)) : 0;

    /// <summary>Begins to send for a run. Only while it is quiet.</summary>
    /// <param name="run">The run.</param>
    /// <param name="rank">Its place among the connections of the run.</param>
    internal void Begin(LoadRun run, int rank)
    {
        _rank = rank;
        _firstOfRun = _window.Sent;
        _run = run;
    }

    /// <summary>Counts the echoes that did not come. Only once <see cref="IsCleanedUp"/>.</summary>
    internal void CountMissing() => CountMissing(_window.GiveUp());

    private void CountMissing(int missing)
    {
        for (; missing > 0; missing--)
        {
            _errors.Add(LoadError.EchoMissing, $"connection {Number}");
        }
    }

    /// <summary>Begins the closing handshake; what is out is not waited for.</summary>
    internal void Close(CloseCode code = CloseCode.NormalClosure)
    {
        Interlocked.CompareExchange(ref _closeDue, (int)code, 0);
        Pump();
    }

    /// <summary>Sends what may be sent, unless another thread is at it: then that one does.</summary>
    internal void Pump()
    {
        if (Interlocked.Increment(ref _pumpRequests) == 1)
        {
            SendWhileThereIsSomething(goesOn: false);
        }
    }

    /// <param name="goesOn">Whether a send that had to be waited for is complete: then there may be more of it.</param>
    private void SendWhileThereIsSomething(bool goesOn)
    {
        try
        {
            if (goesOn)
            {
                _outputStart += _sending.GetAwaiter().GetResult();
                if (!TrySend())
                {
                    return;
                }
            }

            while (true)
            {
                int seen = Volatile.Read(ref _pumpRequests);
                while (Gather())
                {
                    if (!TrySend())
                    {
                        // The turn is kept until OnSent goes on.
                        return;
                    }
                }

                if (Interlocked.Add(ref _pumpRequests, -seen) == 0)
                {
                    return;
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The loop finds out as well, and says why. The turn is never given back.
            ReturnOutput();
            _isSendingBroken = true;
        }
        catch (Exception exception)
        {
            // On an I/O thread it would end the process, and with it the other connections and the report.
            ReturnOutput();
            _isSendingBroken = true;
            End(LoadError.InternalError, EscapedText.From(exception.ToString().AsSpan()));
        }
    }

    /// <returns>False when the kernel has no room: then it goes on in <see cref="OnSent"/>.</returns>
    private bool TrySend()
    {
        while (_outputStart < _outputEnd)
        {
            ValueTask<int> sending = _transport.SendAsync(_output.AsMemory(_outputStart.._outputEnd));
            if (!sending.IsCompleted)
            {
                _sending = sending.ConfigureAwait(false);
                _sending.GetAwaiter().UnsafeOnCompleted(_onSent ??= OnSent);
                return false;
            }

            _outputStart += sending.GetAwaiter().GetResult();
        }

        ReturnOutput();
        return true;
    }

    private void OnSent() => SendWhileThereIsSomething(goesOn: true);

    private void ReturnOutput()
    {
        if (_output is not null)
        {
            ArrayPool<byte>.Shared.Return(_output);
            _output = null;
        }
    }
}
