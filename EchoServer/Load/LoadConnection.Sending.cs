using System.Buffers;
using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using EchoServer.WebSockets;

namespace EchoServer.Load;

/// <content>Sending: one thread at a time, which never waits, and all there is to send in one call.</content>
internal sealed partial class LoadConnection
{
    // What is gathered for one call at most, unless one message is larger.
    private const int GatherBytes = 256 * 1024;

    // How often somebody has asked to send since whoever has the turn looked; above 0 means that somebody has the turn.
    private int _pumpRequests;

    // Belong to whoever has the turn.
    private byte[]? _output;
    private int _outputStart;
    private int _outputEnd;
    private ConfiguredValueTaskAwaitable<int> _sending;
    private Action? _onSent;

    private volatile byte[]? _pongDue;
    private int _closeDue;
    private volatile bool _isCloseSent;

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

    /// <summary>At the end of a run: counts the echoes that did not come. A connection that still owes some is cut off.</summary>
    internal void GiveUpMissing()
    {
        if (!IsOpen)
        {
            // Its end is counted already, and its echoes went with it.
            return;
        }

        if (!IsQuiet)
        {
            Abort();
        }

        for (int missing = _window.GiveUp(); missing > 0; missing--)
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
            SendWhileThereIsSomething();
        }
    }

    private void SendWhileThereIsSomething()
    {
        try
        {
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
        }
        catch (Exception exception)
        {
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

    private void OnSent()
    {
        try
        {
            _outputStart += _sending.GetAwaiter().GetResult();
            if (!TrySend())
            {
                return;
            }
        }
        catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            ReturnOutput();
            return;
        }

        SendWhileThereIsSomething();
    }

    private void ReturnOutput()
    {
        if (_output is not null)
        {
            ArrayPool<byte>.Shared.Return(_output);
            _output = null;
        }
    }

    /// <summary>Puts what may be sent now into the output, which is empty.</summary>
    /// <returns>False when there is nothing.</returns>
    private bool Gather()
    {
        if (_hasEnded || _isCloseSent)
        {
            return false;
        }

        int count = MessagesToSend();
        byte[]? pong = _pongDue is null ? null : Interlocked.Exchange(ref _pongDue, null);
        int closeCode = Volatile.Read(ref _closeDue);
        if (count == 0 && pong is null && closeCode == 0)
        {
            return false;
        }

        int frameBytes = Frame.MaxHeaderSize + _options.MessageBytes;
        int controlBytes = 2 * (Frame.MaxHeaderSize + Frame.MaxControlPayload);
        _output = ArrayPool<byte>.Shared.Rent((count * frameBytes) + controlBytes);
        _outputStart = _outputEnd = 0;
        if (pong is not null)
        {
            AppendControl(Opcode.Pong, pong);
        }

        if (count > 0)
        {
            AppendMessages(count);
        }

        if (closeCode != 0)
        {
            AppendClose((CloseCode)closeCode);
        }

        return true;
    }

    private int MessagesToSend()
    {
        LoadRun? run = _run;
        if (run is null || run.IsEnding || _closeDue != 0 || !IsOpen)
        {
            return 0;
        }

        long count = Math.Min(_window.Free, Math.Max(1, GatherBytes / (Frame.MaxHeaderSize + _options.MessageBytes)));
        return (int)(run.Pace is null ? count : Math.Min(count, Unsent));
    }

    private void AppendMessages(int count)
    {
        LoadRun run = _run!;
        long now = Stopwatch.GetTimestamp();
        for (; count > 0; count--)
        {
            long number = _window.Sent - _firstOfRun;
            long at = run.Pace is Pace pace ? run.StartedAt + pace.DueAt(_rank, number) : now;
            AppendMessage(at);
        }
    }

    private void AppendMessage(long at)
    {
        if (!_window.Send(at, out long number))
        {
            _errors.Add(LoadError.EchoMissing, $"connection {Number}");
        }

        uint key = 0;
        if (_options.IsWebSocket)
        {
            key = MaskingKeys.Next();
            Opcode opcode = _options.IsText ? Opcode.Text : Opcode.Binary;
            _outputEnd += Frame.WriteHeader(_output.AsSpan(_outputEnd), opcode, _options.MessageBytes, maskingKey: key);
        }

        _peer.Payload.Write(_output.AsSpan(_outputEnd), Number, number, key);
        _outputEnd += _options.MessageBytes;
    }

    private void AppendClose(CloseCode code)
    {
        _isCloseSent = true;
        if (_options.IsWebSocket)
        {
            Span<byte> payload = stackalloc byte[ClosePayload.MaxBytes];
            AppendControl(Opcode.Close, payload[..ClosePayload.Write(payload, code, default)]);
        }
        else
        {
            _transport.EndSending();
        }
    }

    private void AppendControl(Opcode opcode, ReadOnlySpan<byte> payload)
    {
        uint key = MaskingKeys.Next();
        _outputEnd += Frame.WriteHeader(_output.AsSpan(_outputEnd), opcode, payload.Length, maskingKey: key);
        Masking.Apply(payload, _output.AsSpan(_outputEnd), key);
        _outputEnd += payload.Length;
    }
}
