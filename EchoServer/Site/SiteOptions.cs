namespace EchoServer.Site;

/// <summary>Which parts of the site may be turned off.</summary>
internal sealed record SiteOptions
{
    /// <summary>Whether <c>/info</c> answers.</summary>
    internal bool ServesInfo { get; init; } = true;

    /// <summary>Whether <c>/metrics</c> answers.</summary>
    internal bool ServesMetrics { get; init; } = true;
}
