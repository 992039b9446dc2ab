using EchoServer.Diagnosis;
using EchoServer.Http;

namespace EchoServer.Connect.Link;

/// <summary>Judges answers to an upgrade request that are not what they should be.</summary>
internal static class UpgradeRefusal
{
    // An error page's beginning says what it is.
    private const int MaxBodyBytes = 16 * 1024;
    private static readonly TimeSpan BodyTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Reads what comes behind the head of a refusal, and says why.</summary>
    internal static async Task<ProbeException> ReadAsync(TcpLink link, ReceivedHead head, Dialer dialer, CancellationToken stop)
    {
        byte[] body = await HttpExchange.ReadBodyAsync(link.Stream, head, MaxBodyBytes, BodyTimeout, stop).ConfigureAwait(false);
        ReceivedAnswer answer = head.Answer with { Body = System.Text.Encoding.UTF8.GetString(body) };
        return new ProbeException(Stage.Answer, Finding(answer), AnswerDiagnosis.Of(answer, dialer.Url));
    }

    /// <summary>Judges a 101.</summary>
    /// <param name="head">The head of the answer.</param>
    /// <param name="key">The key that was sent.</param>
    /// <param name="subprotocols">What was offered.</param>
    /// <param name="extensions">What was offered.</param>
    /// <returns>Null when it is right.</returns>
    internal static (string Finding, Fault Fault)? Judge(
        ReceivedHead head, string key, IReadOnlyList<string> subprotocols, string? extensions)
    {
        ResponseHead.Read(head.Head, out ResponseHead parsed, out _);
        if (ClientHandshake.Check(parsed, key, subprotocols, extensions is not null) is not string flaw)
        {
            return null;
        }

        bool isKey = flaw.StartsWith("Sec-WebSocket-Accept", StringComparison.Ordinal);
        return ($"101, but {flaw}", new(
            isKey
                ? "the 101 was not made for this request: a cache or proxy answered in the server's place, or the server has a fault"
                : $"the 101 is not complete: {flaw}",
            isKey
                ? "go around proxies and caches on the way; if it stays, the server does not follow RFC 6455 §4.2.2"
                : "a proxy on the way drops headers of the answer, or the server has a fault: check the server without the proxy"));
    }

    private static string Finding(ReceivedAnswer answer)
    {
        string error = answer.Field(RouterDiagnosis.ErrorField) is string text ? $", {RouterDiagnosis.ErrorField}: {ReceivedAnswer.Shown(text)}" : "";
        return $"answered with {answer.StatusLine}{error}";
    }
}
