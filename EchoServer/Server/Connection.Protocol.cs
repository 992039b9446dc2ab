using System.Net;
using System.Text;
using EchoServer.Http;
using EchoServer.Metrics;
using EchoServer.WebSockets;
using EchoServer.WebSockets.Compression;

namespace EchoServer.Server;

/// <content>What each phase does with input. Everything here runs on the loop, inside a step.</content>
internal sealed partial class Connection
{
    private int ReadHead(ReadOnlySpan<byte> input, int seenBefore)
    {
        if (_outbound.IsClosed)
        {
            // The handshake's deadline has passed, and the heartbeat has said so.
            _phase = Phase.Lingering;
            return input.Length;
        }

        ParseStatus status = RequestHead.Read(input, seenBefore, out RequestHead head, out HttpRejection? rejection);
        if (status == ParseStatus.NeedMore)
        {
            return 0;
        }

        if (rejection is null && _server.PlainHttp is IPlainHttp site && !PlainRequest.AsksForWebSocket(head))
        {
            AnswerPlain(site, head);
            return input.Length;
        }

        rejection ??= _isSurplus ? TooManyConnections() : null;
        DeflateParameters? deflate = null;
        rejection ??= Handshake.Check(head) ?? Handshake.CheckOrigin(head, _server.Options.AllowedOrigins) ?? AgreeOnCompression(head, out deflate);
        if (rejection is not null)
        {
            // Also where the head could not be read to its end.
            Reject(rejection, head, isHeadRequest: input.StartsWith("HEAD "u8));
            return input.Length;
        }

        Upgrade(head, deflate is DeflateParameters agreed ? TakeMemoryFor(agreed) : null);
        return head.Size;
    }

    /// <summary>What follows the head, content or another request, is dropped: there is one answer a connection.</summary>
    private void AnswerPlain(IPlainHttp site, RequestHead head)
    {
        HttpAnswer answer = site.Answer(head, Client(), _server, DateTimeOffset.UtcNow);
        _server.Counters.Answered(answer.Status);
        _server.Log.RequestAnswered(Client(), answer.Status, head);
        _outbound.GatherLastAnswer(answer.Head.Span, answer.Body.Span);
        _phase = Phase.Lingering;
    }

    private void Reject(HttpRejection rejection, RequestHead head = default, bool isHeadRequest = false)
    {
        _server.Counters.Rejected(rejection.Status);
        _server.Log.RequestRefused(Client(), rejection, head);
        _outbound.GatherLastAnswer(HttpResponse.Write(rejection, DateTimeOffset.UtcNow, withBody: !isHeadRequest), default);
        _phase = Phase.Lingering;
    }

    private static HttpRejection TooManyConnections() =>
        new(HttpStatus.ServiceUnavailable, "This instance has as many connections as it takes: try again in a moment.");

    /// <summary>There is no room for input that has to be kept.</summary>
    private void RefuseForWantOfMemory()
    {
        switch (_phase)
        {
            case Phase.Head:
                Reject(new(HttpStatus.ServiceUnavailable, "This instance has no memory left: try again in a moment."));
                break;
            case Phase.Open:
                Fail(new(CloseCode.TryAgainLater, "no memory left for a message that arrives in parts or has to wait"));
                break;
            default:
                Abort();
                break;
        }
    }

    private void Upgrade(RequestHead head, DeflateParameters? deflate)
    {
        string? extensions = deflate?.ToString();
        Span<byte> response = stackalloc byte[Handshake.MaxResponseBytes(head, extensions)];
        _outbound.GatherAnswer(response[..Handshake.WriteResponse(head, response, extensions)]);

        head.Find("Host"u8, out ReadOnlySpan<byte> host);
        bool hasOrigin = head.Find("Origin"u8, out ReadOnlySpan<byte> origin) > 0;
        ReadOnlySpan<byte> subProtocol = Handshake.SelectSubProtocol(head);
        var info = new ConnectionInfo(
            _id,
            Client(),
            head.Path.SequenceEqual("/"u8) ? "/" : Encoding.Latin1.GetString(head.Path),
            Encoding.Latin1.GetString(host),
            hasOrigin ? Encoding.Latin1.GetString(origin) : null,
            subProtocol.IsEmpty ? null : Encoding.Latin1.GetString(subProtocol));
        _reader = new MessageReader(Role.Server, _server.Options.MaxMessageBytes, _server.Options.MaxFragments, _server.Budget)
        {
            Deflate = deflate is DeflateParameters agreed ? new PerMessageDeflate(agreed, _server.Zlib!, _server.Budget) : null,
        };
        _phase = Phase.Open;
        Volatile.Write(ref _info, info);
        _server.Counters.Opened(isCompressed: deflate is not null);
        _server.Log.ConnectionOpened(info, head, extensions);
        Open();
    }

    private void Open()
    {
        try
        {
            _server.Configure(this);
            OnOpen?.Invoke();
        }
        catch (Exception exception)
        {
            CallbackFailed(exception);
        }
    }

    private int ReadFrame(Span<byte> input)
    {
        if (_outbound.IsClosed)
        {
            _phase = Phase.Closing;
            _reader!.DiscardUntilClose();
            return AwaitClose(input);
        }

        switch (_reader!.Read(input, out int consumed, out ReadOnlySpan<byte> payload))
        {
            case ReadResult.Message:
                _received.Count(_reader.IsText ? Opcode.Text : Opcode.Binary, payload.Length);
                _messageSince = 0;
                Receive(new Message(_reader.IsText, payload));
                _reader.ReleaseMessage();
                break;
            case ReadResult.Ping:
                NoteControlFrame();
                // RFC 6455 §5.5.3: a pong "must have identical Application data" to the ping that it answers.
                _outbound.GatherFrame(Opcode.Pong, payload, default);
                break;
            case ReadResult.Close:
                AnswerClose(payload);
                break;
            case ReadResult.Violation:
                // What broke the rule may have been a Close frame: then it was the peer's last word all the same.
                Fail(_reader.Violation!);
                return consumed + AwaitClose(input[consumed..]);
            case ReadResult.Pong:
                NoteControlFrame();
                break;
            case ReadResult.NeedMore:
            default:
                break;
        }

        return consumed;
    }

    /// <summary>RFC 6455 §5.5.1: "If an endpoint receives a Close frame and did not previously send a Close frame, the endpoint MUST send a Close frame in response."</summary>
    private void AnswerClose(ReadOnlySpan<byte> payload)
    {
        ProtocolViolation? violation = ClosePayload.Read(payload, out CloseCode code, out ReadOnlySpan<byte> reason);
        if (violation is not null)
        {
            Fail(violation);
        }
        else
        {
            // "the endpoint typically echos the status code it received"; one without a code is answered with 1000.
            CloseCode answer = code == CloseCode.NoStatusReceived ? CloseCode.NormalClosure : code;
            Span<byte> body = stackalloc byte[ClosePayload.MaxBytes];
            body = body[..ClosePayload.Write(body, answer, default)];
            string cause = reason.IsEmpty ? "closed by the client" : $"closed by the client: {Encoding.UTF8.GetString(reason)}";
            Close(new Ending(code, EndCause.Peer, cause), body);
        }

        // The peer has said its last word in either case.
        _phase = Phase.Lingering;
    }

    /// <summary>RFC 6455 §7.1.7, Fail the WebSocket Connection: a Close frame that says why, and no more of the peer's data.</summary>
    /// <remarks>
    /// The peer's own Close is still waited for: through Cloud Foundry's router the first end of either side tears down both, and
    /// a peer that is still sending would then see a reset in place of our reason.
    /// </remarks>
    private void Fail(ProtocolViolation violation)
    {
        Span<byte> payload = stackalloc byte[ClosePayload.MaxBytes];
        payload = payload[..ClosePayload.Write(payload, violation.Code, violation.Reason)];
        Close(new Ending(violation.Code, EndCauses.Of(violation), violation.Reason), payload);
        _phase = Phase.Closing;
        _reader!.DiscardUntilClose();
    }

    private int AwaitClose(Span<byte> input)
    {
        if (_reader!.Read(input, out int consumed, out _) == ReadResult.Close)
        {
            _phase = Phase.Lingering;
        }

        return consumed;
    }

    private void Receive(Message message)
    {
        try
        {
            OnMessage?.Invoke(message);
        }
        catch (Exception exception)
        {
            CallbackFailed(exception);
        }
    }

    private void Closed()
    {
        try
        {
            OnClose?.Invoke();
        }
        catch (Exception exception)
        {
            _server.Log.CallbackFailed(exception, _id);
        }
    }

    private void CallbackFailed(Exception exception)
    {
        _server.Log.CallbackFailed(exception, _id);
        try
        {
            OnError?.Invoke(exception);
        }
        catch (Exception second)
        {
            _server.Log.CallbackFailed(second, _id);
        }

        Close(CloseCode.InternalError, "internal error", EndCause.Fault);
    }

    private IPEndPoint Client() =>
        _socket.Peer is { Address.IsIPv4MappedToIPv6: true } mapped ? new(mapped.Address.MapToIPv4(), mapped.Port) : _socket.Peer;
}
