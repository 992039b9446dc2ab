using EchoServer.Connect;
using EchoServer.Diagnosis;

namespace EchoServer.Check.Probes.Opening;

/// <summary>What answers a plain GET there. Not essential: a WebSocket server need not answer one.</summary>
internal static class HttpProbe
{
    private const int MaxBodyBytes = 16 * 1024;
    private const int BadRequest = 400;

    // What routers add to a request: where it shows up, one went through them.
    private static readonly string[] RouterFields =
        ["X-Forwarded-For", "X-Forwarded-Proto", "X-Request-Start", "X-Vcap-Request-Id", "X-Cf-Applicationid", "X-Cf-Instanceid", "X-Cf-Instanceindex", "Via"];

    // What proxies, balancers and the router leave in an answer. An EchoServer sends none of it.
    private static readonly string[] ProxyFields =
        ["Server", "Via", "X-Vcap-Request-Id", "X-Served-By", "X-Cache", "CF-Ray", "X-Amz-Cf-Id", "X-Envoy-Upstream-Service-Time", "X-Azure-Ref"];

    internal static async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        ReceivedAnswer page;
        try
        {
            page = await PlainAnswer.GetAsync(run.Dialer, run.Url.PathAndQuery, MaxBodyBytes, stop).ConfigureAwait(false);
        }
        catch (ConnectionFailedException exception)
        {
            // A port that speaks TLS ends or refuses plain HTTP at once.
            Finding? tls = exception.IsTimeout ? null : await SpeaksTlsAsync(run, stop).ConfigureAwait(false);
            return tls ?? Finding.Warn($"a plain GET: {exception.Finding}", exception.Fault);
        }

        try
        {
            run.Info = await ServerInfo.AskAsync(run.Dialer, stop).ConfigureAwait(false);
        }
        catch (ConnectionFailedException)
        {
            // Another server need not answer on that path. The page says enough.
        }

        if (page.Status == BadRequest && run.Info is null && await SpeaksTlsAsync(run, stop).ConfigureAwait(false) is Finding finding)
        {
            return finding;
        }

        Fault? fault = AnswerDiagnosis.OfPage(page, run.Url);
        if (RouterDiagnosis.IsEndpointFailure(page))
        {
            run.Obstacle = fault;
        }

        return run.Info is ServerInfo info
            ? Ours(info, run.Url, page, fault ?? OfInstance(run.Options.Connection, info))
            : Other(page, fault);
    }

    /// <returns>Null unless <c>ws://</c> goes to a port that speaks TLS.</returns>
    private static async Task<Finding?> SpeaksTlsAsync(CheckRun run, CancellationToken stop)
    {
        if (!await run.Dialer.IsTlsOnPortAsync(stop).ConfigureAwait(false))
        {
            return null;
        }

        run.Obstacle = TlsDiagnosis.PlainToTls;
        return Finding.Fail("this port speaks TLS", run.Obstacle);
    }

    private static Finding Ours(ServerInfo info, Uri url, ReceivedAnswer answer, Fault? fault)
    {
        string[] added = [.. RouterFields.Where(name => info.Header(name) is not null)];
        string instance = info.Index is long index ? $", instance {index}" : "";
        string application = info.Application is string name ? $" of {ReceivedAnswer.Shown(name)}" : "";
        string scenario = info.IsScenario(url.AbsolutePath) ? "; this path is a scenario, for tests of clients" : "";
        string text = $"{answer.StatusLine}, EchoServer {ReceivedAnswer.Shown(info.Version)}{instance}{application}; {Way(added, answer)}{scenario}";
        Fact[] facts =
        [
            new("status", (long)answer.Status), new("server", "EchoServer"), new("serverVersion", info.Version), new("application", info.Application),
            new("instanceIndex", info.Index), new("routerHeaders", added),
        ];
        return fault is null ? Finding.Pass(text, facts) : Finding.Warn(text, fault, facts);
    }

    /// <summary>What shows of a router or proxy. One that leaves requests and answers as they are cannot be seen.</summary>
    private static string Way(string[] added, ReceivedAnswer answer) => added.Length > 0
        ? $"a router adds {string.Join(", ", added)}"
        : Array.Find(ProxyFields, name => answer.Field(name) is not null) is string left
            ? $"a proxy is on the way ({left}: {ReceivedAnswer.Shown(answer.Field(left)!)})"
            : "nothing shows a router on the way";

    /// <returns>Null where the instance that was asked for answered, or none was asked for by number.</returns>
    private static Fault? OfInstance(ConnectionOptions options, ServerInfo info)
    {
        string? Sent(string name) =>
            options.Headers.Where(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(field => field.Value).FirstOrDefault();
        string? application = options.Instance ?? Sent(RouterDiagnosis.InstanceField);
        string asked = application ?? Sent(RouterDiagnosis.ProcessField) ?? "";
        return long.TryParse(asked.Split(':')[^1], NumberStyles.None, CultureInfo.InvariantCulture, out long index) && info.Index is long other && other != index
            ? RouterDiagnosis.OfOtherInstance(application is null ? RouterDiagnosis.ProcessField : RouterDiagnosis.InstanceField)
            : null;
    }

    private static Finding Other(ReceivedAnswer answer, Fault? fault)
    {
        string? error = answer.Field(RouterDiagnosis.ErrorField);
        string? location = answer.Field("Location") is string target ? UrlText.WithoutSecrets(target) : null;
        Fact[] facts =
        [
            new("status", (long)answer.Status), new("server", answer.Field("Server")), new("location", location), new("routerError", error),
        ];
        string server = answer.Field("Server") is string text ? $", Server: {ReceivedAnswer.Shown(text)}" : "";
        string words = answer.FirstWords is { Length: > 0 } said ? $", '{said}'" : "";
        if (fault is not null)
        {
            return Finding.Warn(
                error is not null ? $"{answer.StatusLine} from the router ({ReceivedAnswer.Shown(error)})"
                    : location is not null && answer.Status < BadRequest ? $"{answer.StatusLine}: a login, {ReceivedAnswer.Shown(location)}"
                    : $"{answer.StatusLine}{server}{words}",
                fault,
                facts);
        }

        return location is not null
            ? Finding.Pass($"{answer.StatusLine} to {ReceivedAnswer.Shown(location)}{server}", facts)
            : Finding.Pass($"{answer.StatusLine}{server}{words}: not an EchoServer that says so in /info", facts);
    }
}
