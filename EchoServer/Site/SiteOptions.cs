namespace EchoServer.Site;

/// <summary>Which parts of the site may be turned off.</summary>
/// <param name="ServesInfo">Whether <c>/info</c> answers.</param>
/// <param name="ServesMetrics">Whether <c>/metrics</c> answers.</param>
internal sealed record SiteOptions(bool ServesInfo = true, bool ServesMetrics = true);
