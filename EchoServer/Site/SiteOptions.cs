namespace EchoServer.Site;

/// <summary>Whether <c>/info</c> and <c>/metrics</c> answer.</summary>
internal sealed record SiteOptions(bool ServesInfo = true, bool ServesMetrics = true);
