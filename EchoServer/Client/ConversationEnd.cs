using EchoServer.Diagnosis;
using EchoServer.WebSockets;
using EchoServer.WebSockets.Compression;

namespace EchoServer.Client;

/// <summary>How a conversation ended.</summary>
/// <param name="Sent">Our Close; null when none was sent.</param>
/// <param name="Received">The server's Close, unescaped; null when none came.</param>
/// <param name="IsOurs">Whether the Close was our wish, and not an answer or a complaint.</param>
/// <param name="Failure">Cause and advice; null when nothing went wrong.</param>
internal sealed record ConversationEnd(
    (CloseCode Code, string Reason)? Sent, (CloseCode Code, string Reason)? Received, bool IsOurs, Fault? Failure)
{
    /// <summary>The compressed messages; null where compression was not agreed on.</summary>
    internal (CompressedCounts Received, CompressedCounts Sent)? Compressed { get; init; }

    /// <summary>0 fine, 1 broken, 3 closed by the server with a code that is not one of a good end.</summary>
    internal int ExitCode =>
        IsRefusal ? EchoServer.ExitCode.ClosedByServer : Failure is null ? EchoServer.ExitCode.Fine : EchoServer.ExitCode.Failed;

    /// <summary>Whether another connection may well fare better: after a break, and after the codes that speak of a moment.</summary>
    internal bool IsWorthRetrying => !IsOurs && Received?.Code is
        null or CloseCode.GoingAway or CloseCode.AbnormalClosure or CloseCode.ServiceRestart or CloseCode.TryAgainLater;

    // A server that answers with the code that it was sent says nothing of its own.
    private bool IsRefusal => Received?.Code is CloseCode received && !(IsOurs && received == Sent?.Code) &&
        received is not (CloseCode.NormalClosure or CloseCode.GoingAway or CloseCode.NoStatusReceived);
}
