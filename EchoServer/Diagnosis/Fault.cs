namespace EchoServer.Diagnosis;

/// <summary>Why something did not work, in words for the person who has to mend it.</summary>
/// <param name="Cause">What is the matter: a sentence without capital and full stop, fit to follow a colon. Escaped.</param>
/// <param name="Advice">What to do about it: the same shape.</param>
/// <remarks>
/// Made from what was seen: <see cref="AnswerDiagnosis"/> for an HTTP answer that is no WebSocket, <see cref="RouterDiagnosis"/> for
/// one that Cloud Foundry's router gave itself, <see cref="NetworkDiagnosis"/> for DNS, TCP and time-outs, <see cref="ProxyDiagnosis"/> for
/// a proxy on this side, <see cref="TlsDiagnosis"/> for TLS, <see cref="EndDiagnosis"/> for a connection that ended. All pure, safe on any thread.
/// </remarks>
internal sealed record Fault(string Cause, string Advice)
{
    /// <summary>Both in one line.</summary>
    public override string ToString() => $"{Cause}; {Advice}";
}
