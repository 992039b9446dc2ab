using System.Net;
using EchoServer.Http;
using EchoServer.WebSockets;
using EchoServer.WebSockets.Compression;

namespace EchoServer.Server;

/// <summary>What becomes of a request: a page, a refusal, or a WebSocket.</summary>
/// <remarks>Here alone is decided what a violation costs before the upgrade. Loop only; lives within one step.</remarks>
internal ref struct Upgrade(ServerContext server, IPEndPoint peer, Outbound outbound)
{
    // Paths and hosts: most are the same, and garbage between connections would not be given back.
    private static readonly RecentStrings RecentlySeen = new();

    private RequestHead _head;
    private DeflateParameters? _deflate;
    private HandshakeRuling _ruling;
    private string _path = "";
    private string _query = "";

    /// <summary>Bytes that the head takes, once <see cref="Read"/> has returned <see cref="UpgradeResult.Accepted"/>.</summary>
    internal readonly int HeadSize => _head.Size;

    /// <summary>Whether compression was agreed on.</summary>
    internal readonly bool IsCompressed => _deflate is not null;

    // Not a field: a head that arrives in many parts would make an address for each.
    private readonly IPEndPoint Client => ClientAt(peer);

    /// <summary>Reads a request, and decides about it.</summary>
    /// <param name="input">The bytes so far.</param>
    /// <param name="seenBefore">How much of that was there at the last attempt.</param>
    /// <param name="isSurplus">Whether there are as many connections as may be: then it does not become a WebSocket.</param>
    internal UpgradeResult Read(ReadOnlySpan<byte> input, int seenBefore, bool isSurplus)
    {
        if (!outbound.MayAnswer)
        {
            // The handshake's deadline has passed, and the heartbeat says so.
            return UpgradeResult.Answered;
        }

        ParseStatus status = RequestHead.Read(input, seenBefore, out _head, out HttpRejection? rejection);
        if (status == ParseStatus.NeedMore)
        {
            return UpgradeResult.NeedMore;
        }

        if (rejection is null && server.PlainHttp is IPlainHttp site && !PlainRequest.AsksForWebSocket(_head))
        {
            // What follows the head, content or another request, is dropped: there is one answer a connection.
            HttpAnswer answer = site.Answer(_head, Client, server, DateTimeOffset.UtcNow);
            server.Counters.Answered(answer.Status);
            server.Log.RequestAnswered(Client, answer.Status, _head);
            outbound.WriteLastAnswer(answer.Head.Span, answer.Body.Span);
            return UpgradeResult.Answered;
        }

        rejection ??= isSurplus ? new(HttpStatus.ServiceUnavailable, "This instance has as many connections as it takes: try again in a moment.") : null;
        rejection ??= Handshake.Check(_head) ?? Handshake.CheckOrigin(_head, server.Options.AllowedOrigins) ?? AgreeOnCompression();
        if (rejection is null)
        {
            _path = RecentlySeen.Of(_head.Path);
            _query = RecentlySeen.Of(_head.Query);
            _ruling = server.Judge?.Invoke(_path, _query) ?? default;
            rejection = _ruling.Rejection;
        }

        if (rejection is null)
        {
            return UpgradeResult.Accepted;
        }

        // Also where the head could not be read to its end.
        Refuse(rejection, isHeadRequest: input.StartsWith("HEAD "u8));
        return UpgradeResult.Answered;
    }

    /// <summary>Refuses the request for want of memory.</summary>
    internal readonly void RefuseForWantOfMemory() =>
        Refuse(new(HttpStatus.ServiceUnavailable, "This instance has no memory left: try again in a moment."), isHeadRequest: false);

    /// <summary>Refuses a request that was not complete in time. Heartbeat only.</summary>
    /// <remarks>Not while the loop is at work: it may be accepting the request just now. Then the next beat sees to it.</remarks>
    internal static void RefuseLate(ServerContext server, IPEndPoint peer, Outbound outbound)
    {
        var rejection = new HttpRejection(
            HttpStatus.RequestTimeout, $"The request head was not complete within {server.Options.HandshakeTimeout.TotalSeconds} s.");
        if (outbound.EnqueueLastAnswer(HttpResponse.Write(rejection, DateTimeOffset.UtcNow)))
        {
            server.Counters.Rejected(rejection.Status);
            server.Log.RequestRefused(server.Counters.LoggedRefusals, ClientAt(peer), rejection);
        }
    }

    /// <summary>Accepts the request: takes memory for compression, and writes the answer.</summary>
    /// <param name="id">A number that no other connection has.</param>
    /// <param name="info">What the application gets to know.</param>
    /// <returns>Reads what follows the request.</returns>
    internal readonly MessageReader Accept(long id, out ConnectionInfo info)
    {
        PerMessageDeflate? deflate = null;
        string? extensions = null;
        if (_deflate is DeflateParameters offered)
        {
            DeflateParameters agreed = TakeMemoryFor(offered);
            deflate = new PerMessageDeflate(agreed, server.Zlib!, server.Budget);
            extensions = agreed.ToString();
        }

        Span<byte> response = stackalloc byte[Handshake.MaxResponseBytes(_head)];
        outbound.WriteAnswer(response[..Handshake.WriteResponse(_head, response, extensions, _ruling.Subprotocol)]);
        var reader = new MessageReader(Role.Server, server.Options.MaxMessageBytes, server.Options.MaxFragments, server.Budget, deflate);

        _head.Find("Host"u8, out ReadOnlySpan<byte> host);
        bool hasOrigin = _head.Find("Origin"u8, out ReadOnlySpan<byte> origin) > 0;
        ReadOnlySpan<byte> subProtocol = Handshake.SelectSubProtocol(_head);
        info = new ConnectionInfo(
            id,
            Client,
            _path,
            _query,
            RecentlySeen.Of(host),
            hasOrigin ? Encoding.Latin1.GetString(origin) : null,
            _ruling.Subprotocol ?? (subProtocol.IsEmpty ? null : Encoding.Latin1.GetString(subProtocol)));
        server.Log.ConnectionOpened(info, _head, extensions);
        return reader;
    }

    private readonly void Refuse(HttpRejection rejection, bool isHeadRequest)
    {
        // Not where a scenario asks for this status.
        bool isForRoom = rejection.Status == HttpStatus.ServiceUnavailable && _ruling.Rejection is null;
        bool isSilent = isForRoom && !server.Options.AnswersWhenFull;
        if (isSilent)
        {
            server.Counters.SocketRefused();
        }
        else
        {
            server.Counters.Rejected(rejection.Status);
        }

        server.Log.RequestRefused(server.Counters.LoggedRefusals, Client, rejection, _head);
        outbound.WriteLastAnswer(isSilent ? [] : HttpResponse.Write(rejection, DateTimeOffset.UtcNow, withBody: !isHeadRequest), default);
    }

    private static IPEndPoint ClientAt(IPEndPoint peer) =>
        peer.Address.IsIPv4MappedToIPv6 ? new(peer.Address.MapToIPv4(), peer.Port) : peer;

    /// <summary>Agrees on compression, if the client wants it and the server offers it.</summary>
    /// <returns>Null, or the refusal of a header that breaks its grammar.</returns>
    private HttpRejection? AgreeOnCompression()
    {
        if (server.Zlib is null)
        {
            return null;
        }

        HttpRejection? rejection = DeflateOffer.Select(_head.Fields, out _deflate);

        // Else each compressed message would be refused for want of memory.
        _deflate = server.Budget.Limit < PerMessageDeflate.MinBudget ? null : _deflate;
        return rejection;
    }

    /// <summary>
    /// Takes memory for the contexts that are kept from message to message. Where the budget is short nothing is kept: a server may agree on
    /// that for itself and for the client, asked or not (RFC 7692 §7.1.1.1, §7.1.1.2).
    /// </summary>
    private readonly DeflateParameters TakeMemoryFor(DeflateParameters agreed)
    {
        if (!server.Budget.TryTakeSpare(PerMessageDeflate.DeflaterBytes(agreed)))
        {
            agreed = agreed with { ServerNoContextTakeover = true };
        }

        return server.Budget.TryTakeSpare(PerMessageDeflate.InflaterBytes(agreed)) ? agreed : agreed with { ClientNoContextTakeover = true };
    }
}

/// <summary>What <see cref="Upgrade.Read"/> has decided.</summary>
internal enum UpgradeResult
{
    /// <summary>The request head is not whole.</summary>
    NeedMore,

    /// <summary>A page or a refusal is written, or was sent before: nothing comes behind it.</summary>
    Answered,

    /// <summary>A WebSocket: <see cref="Upgrade.Accept"/>.</summary>
    Accepted,
}
