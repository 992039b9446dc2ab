using System.Text;
using EchoServer.Connect;
using EchoServer.Diagnosis;

namespace EchoServer.Check;

/// <summary>The answer to a plain GET with its body, or the beginning of it, as text and as it came.</summary>
internal sealed record PlainAnswer(ReceivedAnswer Answer, byte[] Body)
{
    /// <summary>Asks, on a connection of its own.</summary>
    /// <exception cref="ConnectionFailedException">Nothing answers.</exception>
    internal static async Task<PlainAnswer> GetAsync(
        Dialer dialer, string pathAndQuery, int most, CancellationToken stop, params string[] extraLines)
    {
        using TcpLink link = await dialer.OpenAsync(stop).ConfigureAwait(false);
        return await GetAsync(link, dialer, pathAndQuery, most, stop, extraLines).ConfigureAwait(false);
    }

    /// <summary>Asks, on a connection that is there.</summary>
    internal static async Task<PlainAnswer> GetAsync(
        TcpLink link, Dialer dialer, string pathAndQuery, int most, CancellationToken stop, params string[] extraLines)
    {
        byte[] request = HttpExchange.Get(dialer.Options, pathAndQuery, extraLines);
        ReceivedHead head = await HttpExchange.AskAsync(link, request, dialer.Step(Stage.Answer), stop).ConfigureAwait(false);
        byte[] body = await HttpExchange.ReadBodyAsync(link.Stream, head, most, dialer.Options.Timeout, stop).ConfigureAwait(false);
        return new PlainAnswer(head.Answer with { Body = Encoding.UTF8.GetString(body) }, body);
    }
}
