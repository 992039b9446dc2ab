using EchoServer.WebSockets;

namespace EchoServer.Diagnosis;

/// <summary>Why a connection that was open ended.</summary>
internal static class EndDiagnosis
{
    private const double Slack = 0.1;
    private const double MinSlackSeconds = 1;

    // IANA's registry of close codes, which 3000 to 3999 are registered in. From 4000 on they are private (RFC 6455 §7.4.2).
    private const CloseCode Unauthorized = (CloseCode)3000;
    private const CloseCode Forbidden = (CloseCode)3003;
    private const CloseCode Timeout = (CloseCode)3008;
    private const CloseCode FirstOfApplications = (CloseCode)4000;

    // The default of --keep-alive-interval, in seconds.
    private const int Pings = 25;

    // Defaults of what stands in front of apps.
    private static readonly (int Seconds, string Who)[] KnownLimits =
    [
        (30, "Google Cloud's HTTP load balancer (30 s, counted from the start)"),
        (60, "AWS ALB and classic ELB (60 s), nginx (proxy_read_timeout 60 s)"),
        (240, "Azure's load balancer (240 s)"),
        (350, "AWS NLB (350 s)"),
        (600, "Google Cloud's connection tracking and many company firewalls (600 s)"),
        (3600, "many firewalls, and haproxy as it is often set up (timeout tunnel, 3600 s)"),
    ];

    /// <summary>The known limit that an idle time matches; null when none does.</summary>
    internal static string? KnownLimit(TimeSpan idle) => KnownLimits.FirstOrDefault(limit =>
        Math.Abs(idle.TotalSeconds - limit.Seconds) <= Math.Max(MinSlackSeconds, limit.Seconds * Slack / 2)).Who;

    /// <summary>Says why a connection did not live that was idle for so long; of one that was lost, for so long at most.</summary>
    internal static Fault OfIdle(ClientEventKind kind, CloseCode? code, TimeSpan idle)
    {
        string seconds = string.Create(CultureInfo.InvariantCulture, $"{idle.TotalSeconds:0.#} idle seconds");
        if (kind == ClientEventKind.Lost)
        {
            return new(
                $"something on the way forgot the connection at some time within {seconds}, and told neither side",
                $"send pings often from either side (this server: --keep-alive-interval, default {Pings} s); a shorter --idle narrows down how often");
        }

        if (kind == ClientEventKind.Close)
        {
            return new(
                $"the server itself closed after {seconds}, {Described(code ?? CloseCode.NoStatusReceived)}",
                "raise the server's own idle or keep-alive limit, or send something more often");
        }

        string known = KnownLimit(idle) is string owner ? $"; that is the limit of {owner}" : "";
        return new(
            $"something on the way {(kind == ClientEventKind.Reset ? "reset (RST)" : "ended (FIN)")} the connection after {seconds}, without a Close{known}",
            $"send pings more often than that from either side (this server: --keep-alive-interval, default {Pings} s), or have the limit raised");
    }

    /// <summary>Says why a server began the closing handshake.</summary>
    internal static Fault OfClose(CloseCode code, string reason)
    {
        string said = $"the server closed {Described(code)}{(reason.Length > 0 ? $" '{ReceivedAnswer.Shown(reason)}'" : "")}";
        return code switch
        {
            CloseCode.NormalClosure => new($"{said}: it was done", "nothing is wrong, unless more was expected: see the app's log"),
            CloseCode.GoingAway => new($"{said}: it stops or restarts", "connect again; see 'cf events NAME' for the cause"),
            CloseCode.ProtocolError => new($"{said}: frames arrived broken", "a proxy on the way alters frames, or the server has a fault: check with another path or network"),
            CloseCode.UnsupportedData => new($"{said}: it does not take this kind of message", "send the kind that it takes, text or binary"),
            CloseCode.InvalidPayloadData => new($"{said}: text did not arrive as UTF-8", "a proxy on the way alters frames, or the server has a fault"),
            CloseCode.PolicyViolation => new($"{said}: a limit or a rule of the server", "see its log for which, and check credentials, origin and subprotocol (--subprotocol)"),
            CloseCode.MessageTooBig => new($"{said}: the message was over its limit", "send smaller messages, or raise the server's limit (this server: --max-message-bytes)"),
            CloseCode.MandatoryExtension => new(
                $"{said}: it needs an extension that was not agreed on", "only a client may send this code (RFC 6455 §7.4.1): see the app's log for what it means"),
            CloseCode.InternalError => new($"{said}: it failed", "see the app's log"),
            CloseCode.ServiceRestart => new($"{said}: it restarts", "connect again in a while"),
            CloseCode.TryAgainLater => new($"{said}: it is overloaded", "connect again in a while, or scale out"),
            CloseCode.BadGateway => new($"{said}: a gateway got a bad answer from the server behind it", "see the app's log"),
            CloseCode.NoStatusReceived => new($"{said}: it does not say why", "see the app's log"),
            Unauthorized => new($"{said}: it requires authentication, or does not accept the credentials that were sent", "pass valid ones"),
            Forbidden => new($"{said}: it does not allow this", "check the rights of the credentials that were sent"),
            Timeout => new($"{said}: it waited for too long", "send what it waits for sooner, or more often"),
            < FirstOfApplications => new(said, "the meaning of this code is that of a library or framework: see its documentation, and IANA's registry of close codes"),
            _ => new(said, "the meaning of this code is the application's own: see its documentation or log"),
        };
    }

    /// <summary>Says why this end fails a connection: its peer has broken RFC 6455, or has sent what this end has no room for.</summary>
    internal static Fault OfViolation(CloseCode code, string rule) => IsOwnLimit(code)
        ? new(
            $"the server sent more than this client takes, which is not against the protocol: {rule}; the client closed with {ClosePayload.Describe(code)}",
            "have the server send smaller messages: the limit is this client's own, and no option raises it")
        : new(
            $"the server broke the WebSocket protocol: {rule}",
            "a proxy on the way alters frames, or the server has a fault: check the server without the proxy");

    /// <summary>Whether a connection was failed because of a limit of this end, and not of a rule of RFC 6455.</summary>
    internal static bool IsOwnLimit(CloseCode code) => code is CloseCode.MessageTooBig or CloseCode.TryAgainLater or CloseCode.PolicyViolation;

    /// <summary>The code after "closed".</summary>
    internal static string Described(CloseCode code) => code == CloseCode.NoStatusReceived ? "without a code" : $"with {ClosePayload.Describe(code)}";
}
