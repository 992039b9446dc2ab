using System.Net;
using EchoServer.Http;

namespace EchoServer.Server;

/// <summary>What a request gets that asks for no WebSocket: the seam between the engine and the pages that it serves.</summary>
/// <remarks>Called on a connection's loop, from many at once: must not block, and must not throw.</remarks>
internal interface IPlainHttp
{
    /// <summary>Answers a request.</summary>
    /// <param name="head">Its head, well-formed; valid only inside the call.</param>
    /// <param name="client">The address of the client.</param>
    /// <param name="server">How the server is doing.</param>
    /// <param name="now">The time.</param>
    HttpAnswer Answer(RequestHead head, IPEndPoint client, ServerContext server, DateTimeOffset now);
}

/// <summary>An answer, ready to be sent.</summary>
/// <param name="Status">Its status, which the head begins with.</param>
/// <param name="Head">Status line and fields, the empty line included.</param>
/// <param name="Body">What follows; empty for HEAD and 304.</param>
internal readonly record struct HttpAnswer(HttpStatus Status, ReadOnlyMemory<byte> Head, ReadOnlyMemory<byte> Body);
