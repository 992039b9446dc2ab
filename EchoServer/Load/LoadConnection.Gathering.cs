using System.Buffers;
using System.Diagnostics;
using EchoServer.Load.Report;
using EchoServer.WebSockets;

namespace EchoServer.Load;

/// <content>What is to be sent, put into one buffer. Belongs to whoever has the turn to send.</content>
internal sealed partial class LoadConnection
{
    // What is gathered for one call at most, unless one message is larger.
    private const int GatherBytes = 256 * 1024;

    // Set by any thread.
    private volatile byte[]? _pongDue;
    private int _closeDue;

    private volatile bool _isCloseSent;

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
