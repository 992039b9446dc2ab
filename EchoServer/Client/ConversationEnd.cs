using EchoServer.Diagnosis;
using EchoServer.WebSockets;
using EchoServer.WebSockets.Compression;

namespace EchoServer.Client;

/// <summary>How a conversation ended.</summary>
/// <param name="SentCode">The code of our Close; null when none was sent.</param>
/// <param name="SentReason">The reason in it.</param>
/// <param name="ReceivedCode">The code of the server's Close; null when none came.</param>
/// <param name="ReceivedReason">The reason in it, unescaped.</param>
/// <param name="IsOurs">Whether the Close was our wish, and not an answer or a complaint.</param>
/// <param name="Failure">Cause and advice; null when nothing went wrong.</param>
internal sealed record ConversationEnd(
    CloseCode? SentCode, string SentReason, CloseCode? ReceivedCode, string ReceivedReason, bool IsOurs, Fault? Failure)
{
    /// <summary>The compressed messages; null where compression was not agreed on.</summary>
    internal (CompressedCounts Received, CompressedCounts Sent)? Compressed { get; init; }

    /// <summary>0 fine, 1 broken, 3 closed by the server with a code that is not one of a good end.</summary>
    internal int ExitCode =>
        IsRefusal ? EchoServer.ExitCode.ClosedByServer : Failure is null ? EchoServer.ExitCode.Fine : EchoServer.ExitCode.Failed;

    /// <summary>Whether another connection may well fare better: after a break, and after the codes that speak of a moment.</summary>
    internal bool IsWorthRetrying => !IsOurs && ReceivedCode is
        null or CloseCode.GoingAway or CloseCode.AbnormalClosure or CloseCode.ServiceRestart or CloseCode.TryAgainLater;

    // A server that answers with the code that it was sent says nothing of its own.
    private bool IsRefusal => ReceivedCode is CloseCode received && !(IsOurs && received == SentCode) &&
        received is not (CloseCode.NormalClosure or CloseCode.GoingAway or CloseCode.NoStatusReceived);
}
