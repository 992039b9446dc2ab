using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.Text;

namespace EchoServer.Check.Probes.Opening;

/// <summary>What answers a plain GET there. Not essential: a WebSocket server need not answer one.</summary>
internal sealed class HttpProbe : IProbe
{
    private const int MaxBodyBytes = 16 * 1024;
    private const int BadRequest = 400;

    // What routers add to a request: where it shows up, one went through them.
    private static readonly string[] RouterFields =
        ["X-Forwarded-For", "X-Forwarded-Proto", "X-Request-Start", "X-Vcap-Request-Id", "X-Cf-Applicationid", "X-Cf-Instanceid", "X-Cf-Instanceindex", "Via"];

    public string Name => "http";

    public async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        PlainAnswer page;
        try
        {
            page = await PlainAnswer.GetAsync(run.Dialer, run.Url.PathAndQuery, MaxBodyBytes, stop).ConfigureAwait(false);
            run.Info = await ServerInfo.AskAsync(run.Dialer, stop).ConfigureAwait(false);
        }
        catch (ConnectionFailedException exception)
        {
            return await ExplainAsync(exception, run, stop).ConfigureAwait(false);
        }

        if (run.Info is ServerInfo info)
        {
            return Ours(info, page.Answer);
        }

        return page.Answer.Status == BadRequest && await SpeaksTlsAsync(run, stop).ConfigureAwait(false) is Finding finding
            ? finding
            : Other(page.Answer, run);
    }

    private static async Task<Finding> ExplainAsync(ConnectionFailedException exception, CheckRun run, CancellationToken stop)
    {
        // A port that speaks TLS ends or refuses plain HTTP at once.
        Finding? tls = exception.IsTimeout ? null : await SpeaksTlsAsync(run, stop).ConfigureAwait(false);
        return tls ?? Finding.Warn($"a plain GET: {exception.Finding}", exception.Fault);
    }

    /// <returns>Null unless <c>ws://</c> goes to a port that speaks TLS.</returns>
    private static async Task<Finding?> SpeaksTlsAsync(CheckRun run, CancellationToken stop) =>
        run.Dialer is { IsTls: false, Options.Proxy: null } && await TlsProbe.FindTlsAsync(run, run.Url.Port, stop).ConfigureAwait(false) is Uri twin
            ? Finding.Fail("this port speaks TLS", new(
                "ws:// goes to a port that speaks TLS; from https pages browsers block ws:// anyway (mixed content)",
                $"use {EscapedText.From(twin.AbsoluteUri.AsSpan())}"))
            : null;

    private static Finding Ours(ServerInfo info, ReceivedAnswer answer)
    {
        string[] added = [.. RouterFields.Where(name => info.Header(name) is not null)];
        string instance = info.Index is long index ? $", instance {index}" : "";
        string application = info.Application is string name ? $" of {ReceivedAnswer.Shown(name)}" : "";
        string router = added.Length > 0 ? $"; a router adds {string.Join(", ", added)}" : "; no router on the way";
        return Finding.Pass(
            $"{answer.StatusLine}, EchoServer {ReceivedAnswer.Shown(info.Version)}{instance}{application}{router}",
            new("status", (long)answer.Status), new("server", "EchoServer"), new("server_version", info.Version), new("application", info.Application),
            new("instance", info.Index), new("router_headers", added));
    }

    private static Finding Other(ReceivedAnswer answer, CheckRun run)
    {
        Fact[] facts =
        [
            new("status", (long)answer.Status), new("server", answer.Field("Server")), new("location", answer.Field("Location")),
            new("router_error", answer.Field(RouterDiagnosis.ErrorField)),
        ];
        string server = answer.Field("Server") is string text ? $", Server: {ReceivedAnswer.Shown(text)}" : "";
        if (RouterDiagnosis.Of(answer, run.Url) is Fault router)
        {
            string error = answer.Field(RouterDiagnosis.ErrorField) is string name ? $" ({ReceivedAnswer.Shown(name)})" : "";
            return Finding.Warn($"{answer.StatusLine} from the router{error}", router, facts);
        }

        if (answer.Field("Location") is string location)
        {
            string shown = ReceivedAnswer.Shown(location);
            return AnswerDiagnosis.IsLogin(location, run.Url)
                ? Finding.Warn($"{answer.StatusLine}: a login, {shown}", AnswerDiagnosis.Of(answer, run.Url), facts)
                : Finding.Pass($"{answer.StatusLine} to {shown}{server}", facts);
        }

        string words = answer.FirstWords is { Length: > 0 } said ? $", '{said}'" : "";
        return Finding.Pass($"{answer.StatusLine}{server}{words}: not an EchoServer that says so in /info", facts);
    }
}
