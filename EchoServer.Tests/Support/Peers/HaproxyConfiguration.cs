namespace EchoServer.Tests.Support.Peers;

/// <summary>The configuration file of a <see cref="Haproxy"/>. What the router does, and where it differs, is said at each line of it.</summary>
internal static class HaproxyConfiguration
{
    // Header names as Go's http package writes them (a capital after each hyphen): haproxy itself would write them all small.
    private static readonly string[] HeaderNames =
    [
        "Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Cache-Control", "Connection", "Content-Length",
        "Content-Security-Policy", "Content-Type", "Cookie", "Date", "Etag", "Host", "If-None-Match", "Location", "Origin", "Pragma",
        "Referer", "Retry-After", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Websocket-Accept", "Sec-Websocket-Extensions",
        "Sec-Websocket-Key", "Sec-Websocket-Protocol", "Sec-Websocket-Version", "Transfer-Encoding", "Upgrade", "User-Agent",
        "X-B3-Spanid", "X-B3-Traceid", "B3", "X-Cf-Applicationid", "X-Cf-Instanceid", "X-Cf-Instanceindex", "X-Forwarded-For",
        "X-Forwarded-Proto", "X-Request-Start", "X-Vcap-Request-Id",
    ];

    internal static string Write(HaproxyOptions options, int port, string adminSocket)
    {
        var text = new StringBuilder();
        text.AppendLine($"""
            global
                stats socket {adminSocket} mode 600 level admin
                maxconn 4000
                ssl-default-bind-options ssl-min-ver TLSv1.2
            """);
        foreach (string name in HeaderNames)
        {
            text.AppendLine($"    h1-case-adjust {name.ToLowerInvariant()} {name}");
        }

        // A connection that is refused goes to the next instance at once: the router tries up to three. An instance that is slow to say
        // how it is, on a busy machine, is not out of order.
        text.AppendLine($"""
            defaults
                mode http
                timeout connect 30s
                timeout check 30s
                timeout client 1h
                timeout server 1h
                timeout tunnel {Milliseconds(options.IdleTimeout ?? TimeSpan.FromDays(1))}
                retries 3
                option redispatch 1
            """);
        WriteFrontend(text, options, port);
        WriteBackend(text, options);
        return text.ToString();
    }

    private static void WriteFrontend(StringBuilder text, HaproxyOptions options, int port)
    {
        string tls = options.Certificate is null ? "" : $" ssl crt {options.Certificate.CombinedFile} alpn http/1.1";
        string scheme = options.Certificate is null ? "http" : "https";

        // X-Forwarded-For is appended to, a client's X-Forwarded-Proto is believed, the rest is written anew.
        text.AppendLine($$"""
            frontend router
                bind 127.0.0.1:{{port}}{{tls}}
                option h1-case-adjust-bogus-client
                http-request set-var(txn.hops) req.fhdr(x-forwarded-for)
                http-request set-header X-Forwarded-For "%[var(txn.hops)], %[src]" if { var(txn.hops) -m found }
                http-request set-header X-Forwarded-For %[src] unless { var(txn.hops) -m found }
                http-request set-header X-Forwarded-Proto {{scheme}} unless { req.fhdr(x-forwarded-proto) -m found }
                http-request set-header X-Request-Start %[date(0,ms)]
                http-request set-header X-Vcap-Request-Id %[uuid()]
                http-request set-header X-Cf-Applicationid 11111111-2222-3333-4444-555555555555
                http-request set-var(txn.trace) uuid(),regsub(-,,g)
                http-request set-var(txn.span) uuid(),bytes(0,18),regsub(-,,g)
                http-request set-header X-B3-Traceid %[var(txn.trace)]
                http-request set-header X-B3-Spanid %[var(txn.span)]
                http-request set-header B3 %[var(txn.trace)]-%[var(txn.span)]
            """);
        if (options.Instances.Count == 1)
        {
            // Which instance it will be is not known here when there are several.
            text.AppendLine("    http-request set-header X-Cf-Instanceid 66666666-7777-8888-9999-000000000000");
        }

        if (options.DropsUpgrade)
        {
            text.AppendLine("    http-request del-header Upgrade").AppendLine("    http-request del-header Connection");
        }

        foreach (string rule in options.Rules)
        {
            text.AppendLine($"    {rule}");
        }

        text.AppendLine("    default_backend instances");
    }

    private static void WriteBackend(StringBuilder text, HaproxyOptions options)
    {
        string check = options.HealthInterval is TimeSpan interval
            ? $" check inter {Milliseconds(interval)} fastinter {Milliseconds(interval)} downinter {Milliseconds(interval)} fall 1 rise 1"
            : "";
        text.AppendLine("""
            backend instances
                balance leastconn
                option h1-case-adjust-bogus-server
                option httpchk
                http-check send meth GET uri /health ver HTTP/1.1 hdr Host localhost
                http-check expect status 200
                http-send-name-header X-Cf-Instanceindex
            """);
        if (options.TriesAgainWithoutAnswer)
        {
            text.AppendLine("    retry-on conn-failure empty-response");
        }

        for (int index = 0; index < options.Instances.Count; index++)
        {
            text.AppendLine($"    server {index} 127.0.0.1:{options.Instances[index]}{check}");
        }
    }

    private static string Milliseconds(TimeSpan time) => $"{(long)time.TotalMilliseconds}ms";
}
