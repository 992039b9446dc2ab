using EchoServer.Diagnosis;
using EchoServer.Http;

namespace EchoServer.Connect;

/// <summary>Judges answers to an upgrade request that are not what they should be.</summary>
internal static class UpgradeRefusal
{
    // An error page's beginning says what it is.
    private const int MaxBodyBytes = 16 * 1024;
    private static readonly TimeSpan BodyTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Reads the body of a refusal, and diagnoses it.</summary>
    internal static async Task<ConnectionFailedException> ReadAsync(TcpLink link, ReceivedHead head, Uri url, CancellationToken stop)
    {
        ReceivedAnswer answer = await ReadAnswerAsync(link, head, stop).ConfigureAwait(false);
        return new ConnectionFailedException(Stage.Answer, Finding(answer), AnswerDiagnosis.Of(answer, url)) { Answer = answer };
    }

    /// <summary>Reads the body of a refusal.</summary>
    internal static Task<ReceivedAnswer> ReadAnswerAsync(TcpLink link, ReceivedHead head, CancellationToken stop) =>
        HttpExchange.ReadBodyAsync(link.Stream, head, MaxBodyBytes, BodyTimeout, stop);

    /// <summary>Judges a 101.</summary>
    internal static void ThrowIfNotValid(
        ReceivedHead head, string key, IReadOnlyList<string> subprotocols, string? extensions)
    {
        ResponseHead.Read(head.Head, out ResponseHead parsed, out _);
        if (ClientHandshake.Check(parsed, key, subprotocols, extensions is not null) is not string flaw)
        {
            return;
        }

        Fault fault = flaw switch
        {
            _ when flaw.StartsWith("Sec-WebSocket-Accept", StringComparison.Ordinal) => new(
                $"the 101 was not made for this request: a cache or proxy answered in the server's place, or the server has a fault ({flaw})",
                "go around proxies and caches on the way; if it stays, the server does not follow RFC 6455 §4.2.2"),
            _ when flaw.StartsWith("the answer has no", StringComparison.Ordinal) => new(
                $"the 101 is not complete: {flaw}",
                "a proxy on the way drops headers of the answer, or the server has a fault: check the server without the proxy"),
            _ => new(
                $"the 101 is not valid: {flaw}",
                "a proxy on the way alters headers of the answer, or the server has a fault: check the server without the proxy"),
        };
        throw new ConnectionFailedException(Stage.Answer, $"101, but {flaw}", fault) { Answer = head.Answer };
    }

    private static string Finding(ReceivedAnswer answer)
    {
        string error = answer.Field(RouterDiagnosis.ErrorField) is string text ? $", {RouterDiagnosis.ErrorField}: {ReceivedAnswer.Shown(text)}" : "";
        return $"answered with {answer.StatusLine}{error}";
    }
}
