using System.Net;
using EchoServer.Echo;
using EchoServer.Http;
using EchoServer.Metrics;
using EchoServer.Server;

namespace EchoServer.Site;

/// <summary>Which answer belongs to which path: the test page, <c>/health</c>, <c>/info</c>, <c>/metrics</c>.</summary>
/// <remarks>Without state of its own: safe on any thread. Blocks on nothing.</remarks>
internal sealed class SiteRouter(
    SiteOptions options, ServerLimits limits, EchoOptions echo, InstanceFacts instance, Func<IReadOnlyDictionary<string, SiteFile>>? files = null) : IPlainHttp
{
    private const string HealthPath = "/health";
    private const string InfoPath = "/info";
    private const string MetricsPath = "/metrics";

    private const string TextType = "text/plain; charset=utf-8";

    // Facts of a moment: no cache may keep them.
    private const string NeverStored = "Cache-Control: no-store\n";

    // The page of another version must never run against this server; asking costs a 304.
    private const string AlwaysAsked = "Cache-Control: no-cache\n";

    // Everything comes from here and nothing else runs, frames or is sent to. 'self' covers WebSockets to the same host and port.
    private const string SecurityFields =
        "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'\n" +
        "Referrer-Policy: no-referrer\n" +
        "X-Frame-Options: DENY\n";

    private readonly Lazy<IReadOnlyDictionary<string, SiteFile>> _files = new(files ?? SiteFiles.Load);

    public HttpAnswer Answer(RequestHead head, IPEndPoint client, ServerContext server, DateTimeOffset now)
    {
        if (PlainRequest.Check(head) is HttpRejection rejection)
        {
            return Refuse(head, rejection, now);
        }

        string path = Encoding.Latin1.GetString(head.Path);
        return path switch
        {
            HealthPath => Health(head, server, now),
            InfoPath when options.ServesInfo => Moment(
                head,
                HttpStatus.Ok,
                "application/json; charset=utf-8",
                new InfoDocument(limits, echo, instance).Write(head, client, server.TakeSnapshot()),
                now),
            MetricsPath when options.ServesMetrics =>
                Moment(head, HttpStatus.Ok, MetricsText.ContentType, MetricsText.Write(server.TakeSnapshot()), now),
            EchoHandlers.RawPath => Refuse(
                head, new(HttpStatus.UpgradeRequired, $"{path} only speaks WebSocket: connect to it with a WebSocket client."), now),
            _ when echo.HasScenarios && Scenarios.At(path) is Scenario scenario => Refuse(
                head, new(HttpStatus.UpgradeRequired, $"{scenario.Template} only speaks WebSocket. {scenario.Summary} An example: {scenario.Example}"), now),
            _ => _files.Value.TryGetValue(path, out SiteFile? file) ? File(head, file, now) : Refuse(head, NotFound(head), now),
        };
    }

    private static HttpAnswer Health(RequestHead head, ServerContext server, DateTimeOffset now) => server.IsStopping
        ? Refuse(head, new(HttpStatus.ServiceUnavailable, "stopping"), now)
        : Moment(head, HttpStatus.Ok, TextType, "ok\n"u8.ToArray(), now);

    private static HttpAnswer Refuse(RequestHead head, HttpRejection rejection, DateTimeOffset now) => Moment(
        head, rejection.Status, TextType, Encoding.UTF8.GetBytes($"{rejection.Reason}\n"), now, HttpResponse.ExtraFields(rejection));

    private static HttpAnswer Moment(
        RequestHead head, HttpStatus status, string contentType, byte[] body, DateTimeOffset now, string extraFields = "") => new(
            status,
            HttpResponse.WriteHead(status, now, contentType, body.Length, NeverStored + SecurityFields + extraFields),
            PlainRequest.IsHead(head) ? default : body);

    private static HttpAnswer File(RequestHead head, SiteFile file, DateTimeOffset now)
    {
        bool isKnown = PlainRequest.Knows(head, Encoding.ASCII.GetBytes(file.EntityTag));
        HttpStatus status = isKnown ? HttpStatus.NotModified : HttpStatus.Ok;
        return new(
            status,
            HttpResponse.WriteHead(
                status, now, file.ContentType, file.Body.Length, $"{AlwaysAsked}ETag: {file.EntityTag}\n{SecurityFields}"),
            isKnown || PlainRequest.IsHead(head) ? default : file.Body);
    }

    private HttpRejection NotFound(RequestHead head)
    {
        string others = $"{HealthPath}{(options.ServesInfo ? $", {InfoPath}" : "")}{(options.ServesMetrics ? $", {MetricsPath}" : "")}";
        return new(
            HttpStatus.NotFound,
            $"Nothing is at '{EscapedText.Quote(head.Path)}'. There is / (the test page), {others}; WebSocket clients may connect to any path.");
    }
}

/// <summary>Whether <c>/info</c> and <c>/metrics</c> answer.</summary>
internal sealed record SiteOptions(bool ServesInfo = true, bool ServesMetrics = true);
