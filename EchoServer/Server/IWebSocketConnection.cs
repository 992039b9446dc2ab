using System.Net;
using EchoServer.Buffers;
using EchoServer.WebSockets;

namespace EchoServer.Server;

/// <summary>One WebSocket connection, as the application sees it. Names and meaning are Fleck's where Fleck has them.</summary>
/// <remarks>
/// <para>
/// The callbacks are set in <see cref="IWebSocketServer.Start"/>'s action and are called one at a time, in order, on the
/// connection's loop. That loop may run on one of the runtime's I/O threads, which serve many connections: a callback must not
/// block. An exception out of a callback closes this connection with 1011 and touches no other.
/// </para>
/// <para><c>Send</c> and <c>Close</c> may be called from any thread, also from another connection's callback.</para>
/// </remarks>
internal interface IWebSocketConnection
{
    /// <summary>A number that no other connection of this process has.</summary>
    long Id { get; }

    /// <summary>The client, and its request. Only until <see cref="OnOpen"/> has returned: an application copies the parts that it needs later.</summary>
    /// <remarks>A request can have kilobytes in its path or its origin: a server that kept them would let each client use up its memory.</remarks>
    /// <exception cref="InvalidOperationException">The connection is open already, or another thread asks.</exception>
    ConnectionInfo Info { get; }

    /// <summary>Called first, when the connection is open. What it sends arrives before the answer to any message.</summary>
    Action? OnOpen { get; set; }

    /// <summary>Called with each text or binary message. The message is valid only inside the call.</summary>
    Action<Message>? OnMessage { get; set; }

    /// <summary>Called last, once, when the connection has ended for whatever reason.</summary>
    Action? OnClose { get; set; }

    /// <summary>Called with an exception that another callback threw, before the connection is closed with 1011.</summary>
    Action<Exception>? OnError { get; set; }

    /// <summary>Sends a text message.</summary>
    /// <param name="text">The text; a lone surrogate is sent as U+FFFD.</param>
    /// <remarks>
    /// Dropped without a word when the connection is closing or gone. On the connection's own loop a send is gathered and goes
    /// out, with everything else that one receive gave rise to, before the next receive. From elsewhere it goes out at once, or
    /// is queued when the peer is slow to read; a peer that lets more than
    /// <see cref="ServerOptions.MaxQueuedBytes"/> pile up, beside the frames that are being sent, is disconnected.
    /// </remarks>
    void Send(string text);

    /// <summary>Sends a message back, or on to another connection, with bytes of the same kind before it.</summary>
    /// <param name="prefix">The bytes before the message; UTF-8 when the message is text. May be empty.</param>
    /// <param name="message">The message; sent as the kind it is.</param>
    /// <remarks>As for <see cref="Send(string)"/>.</remarks>
    void Send(ReadOnlySpan<byte> prefix, Message message);

    /// <summary>Sends a fragment of a message (RFC 6455 §5.4), never compressed.</summary>
    /// <param name="isText">What the message is.</param>
    /// <param name="payload">The fragment; of a text it may end within a character. May be empty.</param>
    /// <param name="isFirst">Whether the message begins with it.</param>
    /// <param name="isLast">Whether the message ends with it. Until then no other message may be sent.</param>
    /// <remarks>As for <see cref="Send(string)"/>.</remarks>
    void SendFragment(bool isText, ReadOnlySpan<byte> payload, bool isFirst, bool isLast);

    /// <summary>Whether the peer is sent a ping when it has been silent for a while, and cut off when it does not answer; at first it is.</summary>
    bool IsPinged { get; set; }

    /// <summary>Where the memory is counted that an application keeps: it gets at most half of the server's budget.</summary>
    IByteBudget Memory { get; }

    /// <summary>Ends the connection at once, without a Close: the peer sees a reset (RST). Messages sent before still go out if the socket takes them.</summary>
    void Abort();

    /// <summary>Begins the closing handshake (RFC 6455 §7.1.2). Messages sent before still go out; messages sent after do not.</summary>
    /// <param name="code">Why; only codes that may be on the wire.</param>
    /// <param name="reason">A few words for the peer, cut at 123 bytes of UTF-8.</param>
    /// <exception cref="ArgumentOutOfRangeException">The code may not be on the wire.</exception>
    void Close(CloseCode code = CloseCode.NormalClosure, string reason = "");
}

/// <summary>The client, and the request of its handshake.</summary>
/// <param name="Id">A number that no other connection of this process has.</param>
/// <param name="Client">The peer of the TCP connection: behind a router, the router.</param>
/// <param name="Path">The path asked for, as sent (percent-encoded), without query.</param>
/// <param name="Query">The query, as sent, without its question mark; empty for none.</param>
/// <param name="Host">The <c>Host</c> header.</param>
/// <param name="Origin">The <c>Origin</c> header, which browsers send (RFC 6455 §10.2); null when there is none.</param>
/// <param name="SubProtocol">The subprotocol that was agreed on; null when the client offered none.</param>
/// <remarks>Never changes. Everything but the number comes from the network: escape it before it is shown.</remarks>
internal readonly record struct ConnectionInfo(
    long Id, IPEndPoint Client, string Path, string Query, string Host, string? Origin, string? SubProtocol);
