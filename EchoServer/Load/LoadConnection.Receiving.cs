using System.Diagnostics;
using EchoServer.Load.Report;
using EchoServer.Text;
using EchoServer.WebSockets;

namespace EchoServer.Load;

/// <content>What input means. Everything here runs on the loop.</content>
internal sealed partial class LoadConnection
{
    private volatile bool _isCloseReceived;

    // The end of raw TCP, and what follows both Close frames, is no error.
    private bool IsEndExpected => _isCloseSent || _isCloseReceived;

    /// <summary>Uses up as much input as it can, keeps the rest, and sends what there is room for again.</summary>
    private void Process(Span<byte> input)
    {
        // One look at the clock for all that one receive has brought: it arrived together.
        long now = Stopwatch.GetTimestamp();
        ThreadTally? tally = _run?.Tally;
        int consumed = -1;
        while (!input.IsEmpty && consumed != 0 && !_hasEnded)
        {
            consumed = _reader is null ? ReadBytes(input, now, tally) : ReadFrame(_reader, input, now, tally);
            input = input[consumed..];
        }

        _leftOver.TryKeep(input, NoBudget);
        Pump();
    }

    private int ReadBytes(ReadOnlySpan<byte> input, long now, ThreadTally? tally)
    {
        if (input.Length < _options.MessageBytes)
        {
            return 0;
        }

        ReceiveEcho(input[.._options.MessageBytes], now, tally);
        return _options.MessageBytes;
    }

    private int ReadFrame(MessageReader reader, Span<byte> input, long now, ThreadTally? tally)
    {
        if (_isCloseReceived)
        {
            return input.Length;
        }

        switch (reader.Read(input, out int consumed, out ReadOnlySpan<byte> payload))
        {
            case ReadResult.Message:
                ReceiveMessage(payload, now, tally);
                reader.ReleaseMessage();
                break;
            case ReadResult.Ping:
                Answer(payload);
                break;
            case ReadResult.Close:
                ReceiveClose(payload);
                break;
            case ReadResult.Violation:
                Fail(reader.Violation!);
                break;
            case ReadResult.Pong:
            case ReadResult.NeedMore:
            default:
                break;
        }

        return consumed;
    }

    private void ReceiveMessage(ReadOnlySpan<byte> payload, long now, ThreadTally? tally)
    {
        if (_greetingsDue > 0)
        {
            _greetingsDue--;
            CheckReady();
        }
        else if (_isCloseSent || _options.IsHeldOnly)
        {
            // Nobody asked for it, and nobody minds.
        }
        else if (payload.StartsWith(_peer.Prefix))
        {
            ReceiveEcho(payload[_peer.Prefix.Length..], now, tally);
        }
        else
        {
            ReceiveEcho(payload, now, tally);
        }
    }

    private void ReceiveEcho(ReadOnlySpan<byte> payload, long now, ThreadTally? tally)
    {
        LoadError? error = _window.Receive(payload, out long sentAt);
        if (error is LoadError kind)
        {
            _errors.Add(kind, $"connection {Number}: {payload.Length} bytes '{EscapedText.Quote(payload)}'");
        }
        else
        {
            tally?.AddEcho(now, now - sentAt);
            if (_outage is not null)
            {
                EndOutage(now);
            }
        }
    }

    private void ReceiveClose(ReadOnlySpan<byte> payload)
    {
        if (ClosePayload.Read(payload, out CloseCode code, out ReadOnlySpan<byte> reason) is ProtocolViolation violation)
        {
            Fail(violation);
            return;
        }

        _errors.AddCloseCode(code);
        if (!_isCloseSent)
        {
            JudgeClose(code, reason.IsEmpty ? "" : $": {EscapedText.Quote(reason)}");

            // RFC 6455 §5.5.1: "it typically echos the status code it received".
            Close(code == CloseCode.NoStatusReceived ? CloseCode.NormalClosure : code);
        }

        // RFC 6455 §7.1.1: the server ends the TCP connection first.
        _isCloseReceived = true;
        _ready.TrySetResult();
        NoteLost();
    }

    /// <summary>RFC 6455 §7.1.7, Fail the WebSocket Connection: a Close that says why, and the end.</summary>
    private void Fail(ProtocolViolation violation)
    {
        Close(violation.Code);
        End(LoadError.ProtocolViolation, violation.Reason);
    }

    private void Answer(ReadOnlySpan<byte> ping)
    {
        // RFC 6455 §5.5.3: of several pings the most recent may be answered alone.
        Interlocked.Exchange(ref _pongDue, ping.ToArray());
    }
}
