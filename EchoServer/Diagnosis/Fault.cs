namespace EchoServer.Diagnosis;

/// <summary>Holds the cause of a failure and the advice for the user.</summary>
/// <param name="Cause">A sentence without capital and full stop, fit to follow a colon. Escaped.</param>
/// <param name="Advice">An imperative of the same shape.</param>
/// <remarks>
/// <see cref="AnswerDiagnosis"/> is for an HTTP answer that refuses the upgrade, <see cref="RouterDiagnosis"/> for
/// one that Cloud Foundry's router gave itself, <see cref="NetworkDiagnosis"/> for DNS, TCP and time-outs, <see cref="ProxyDiagnosis"/> for
/// a proxy on this side, <see cref="TlsDiagnosis"/> for TLS, <see cref="EndDiagnosis"/> for a connection that ended. All pure, safe on any thread.
/// </remarks>
internal sealed record Fault(string Cause, string Advice)
{
    /// <summary>The cause. User and password in a URL of it are hidden: the peer may have sent them.</summary>
    internal string Cause { get; init; } = UrlText.WithoutSecrets(Cause);

    /// <summary>Both in one line.</summary>
    public override string ToString() => $"{Cause}; {Advice}";
}
