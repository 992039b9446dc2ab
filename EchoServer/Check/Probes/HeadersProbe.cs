using EchoServer.Diagnosis;

namespace EchoServer.Check.Probes;

/// <summary>Whether an added header reaches the server.</summary>
internal static class HeadersProbe
{
    private const string Field = "X-Echo-Check";

    internal static Finding? CannotRun(CheckRun run) => run.Info is null ? Finding.Skip("needs an EchoServer's /info") : null;

    internal static async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        string value = Guid.NewGuid().ToString("N");
        ServerInfo? info = await ServerInfo.AskAsync(run.Dialer, stop, $"{Field}: {value}").ConfigureAwait(false);
        if (info is null)
        {
            return Finding.Skip("/info did not answer a second time");
        }

        Fact fact = new("arrived", info.Header(Field) == value);
        return info.Header(Field) == value
            ? Finding.Pass($"a header of one's own ({Field}) arrived as sent", fact)
            : Finding.Fail(
                info.Header(Field) is string other ? $"{Field} arrived as '{ReceivedAnswer.Shown(other)}'" : $"{Field} did not arrive",
                new("something on the way drops or alters headers that it does not know", "have it pass on the headers that the app needs, such as tokens and trace ids"),
                fact);
    }
}
