using System.Diagnostics;
using System.Text;
using EchoServer.Connect;
using EchoServer.WebSockets;

namespace EchoServer.Check;

/// <content>From bytes to events.</content>
internal sealed partial class WebSocketLink
{
    private async Task<LinkEvent> ReadEventAsync()
    {
        LinkEvent found = await ReadNextEventAsync().ConfigureAwait(false);
        if (found.IsEnd)
        {
            _reader.Abandon();
        }

        return found;
    }

    private async Task<LinkEvent> ReadNextEventAsync()
    {
        try
        {
            while (true)
            {
                if (await NextAsync().ConfigureAwait(false) is LinkEvent found)
                {
                    _idleAtEnd = found.IsEnd ? _idleBefore : null;
                    return found;
                }

                if (_length == _buffer.Length)
                {
                    // One control frame or header is always less than that.
                    Array.Resize(ref _buffer, _buffer.Length * 2);
                }

                int received = await _link.Stream.ReadAsync(_buffer.AsMemory(_length)).ConfigureAwait(false);
                _idleBefore = Stopwatch.GetElapsedTime(_lastActivity);
                _lastActivity = Stopwatch.GetTimestamp();
                if (received == 0)
                {
                    _idleAtEnd = _idleBefore;
                    return new(LinkEventKind.Fin, []);
                }

                _length += received;
            }
        }
        catch (Exception exception) when (Step.IsOfNetwork(exception))
        {
            _idleAtEnd = Stopwatch.GetElapsedTime(_lastActivity);

            // TLS that ends without its own goodbye is a FIN as well.
            bool isFin = exception.GetBaseException() is not System.Net.Sockets.SocketException;
            return new(isFin ? LinkEventKind.Fin : LinkEventKind.Reset, []);
        }
    }

    private async Task<LinkEvent?> NextAsync()
    {
        while (true)
        {
            int before = _length;
            (ReadResult result, LinkEvent? found) = Read();
            switch (result)
            {
                case ReadResult.NeedMore when _length == before || _length == 0:
                    return null;
                case ReadResult.NeedMore:
                    // A fragment is used up, and more may lie behind it.
                    break;
                case ReadResult.Ping:
                    PingsReceived++;
                    await SendAsync(Opcode.Pong, found!.Payload, CancellationToken.None).ConfigureAwait(false);
                    break;
                default:
                    return found;
            }
        }
    }

    private (ReadResult Result, LinkEvent? Found) Read()
    {
        ReadResult result = _reader.Read(_buffer.AsSpan(0, _length), out int consumed, out ReadOnlySpan<byte> payload);
        LinkEvent? found = result switch
        {
            ReadResult.NeedMore => null,
            ReadResult.Message => new(LinkEventKind.Message, payload.ToArray(), _reader.IsText),
            ReadResult.Violation => new(LinkEventKind.Violation, [], Text: _reader.Violation!.ToString()),
            ReadResult.Close => ReadClose(payload),
            _ => new(LinkEventKind.Pong, payload.ToArray()),
        };
        _reader.ReleaseMessage();
        _buffer.AsSpan(consumed, _length - consumed).CopyTo(_buffer);
        _length -= consumed;
        return (result, found);
    }

    /// <summary>What a Close says.</summary>
    internal static LinkEvent ReadClose(ReadOnlySpan<byte> payload) =>
        ClosePayload.Read(payload, out CloseCode code, out ReadOnlySpan<byte> reason) is ProtocolViolation violation
            ? new(LinkEventKind.Violation, [], Text: violation.Reason)
            : new(LinkEventKind.Close, [], Code: code, Text: Encoding.UTF8.GetString(reason));
}
