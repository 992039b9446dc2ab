using EchoServer.Connect;
using EchoServer.Diagnosis;

namespace EchoServer.Check;

/// <summary>Asks for a plain page, whose body, or the beginning of it, is in the answer.</summary>
internal static class PlainAnswer
{
    /// <summary>Asks, on a connection of its own.</summary>
    /// <exception cref="ConnectionFailedException">Nothing answers.</exception>
    internal static async Task<ReceivedAnswer> GetAsync(
        Dialer dialer, string pathAndQuery, int most, CancellationToken stop, params string[] extraLines)
    {
        using TcpLink link = await dialer.OpenAsync(stop).ConfigureAwait(false);
        return await GetAsync(link, dialer, pathAndQuery, most, stop, extraLines).ConfigureAwait(false);
    }

    /// <summary>Asks, on a connection that is there.</summary>
    internal static async Task<ReceivedAnswer> GetAsync(
        TcpLink link, Dialer dialer, string pathAndQuery, int most, CancellationToken stop, params string[] extraLines)
    {
        byte[] request = HttpExchange.Get(dialer.Options, pathAndQuery, extraLines);
        ReceivedHead head = await HttpExchange.AskAsync(link, request, dialer.Step(Stage.Answer), stop).ConfigureAwait(false);
        return await HttpExchange.ReadBodyAsync(link.Stream, head, most, dialer.Options.Timeout, stop).ConfigureAwait(false);
    }
}
