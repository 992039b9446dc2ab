namespace EchoServer.Tests.Support.Peers;

/// <summary>What a <see cref="Haproxy"/> is to be. The defaults are Cloud Foundry's router: TLS ends there, and nothing is idle for too long.</summary>
internal sealed record HaproxyOptions
{
    /// <summary>The ports of the instances behind it, on this machine: servers <c>0</c>, <c>1</c> and so on.</summary>
    public required IReadOnlyList<int> Instances { get; init; }

    /// <summary>What it shows to its clients; null for plain HTTP.</summary>
    public TestCertificate? Certificate { get; init; }

    /// <summary>Where it listens on 127.0.0.1; 0 for a free port.</summary>
    public int Port { get; init; }

    /// <summary>After how long without a byte either way a WebSocket connection is cut, as load balancers do; null for never.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>How often each instance's <c>/health</c> is asked, with one bad answer enough; null for never: then it counts as healthy.</summary>
    public TimeSpan? HealthInterval { get; init; }

    /// <summary>Whether the Upgrade header is lost on the way, as behind a balancer that knows only HTTP.</summary>
    public bool DropsUpgrade { get; init; }

    /// <summary>Whether it tries another instance where one ends the connection without an answer, as the router does with a GET.</summary>
    public bool TriesAgainWithoutAnswer { get; init; }

    /// <summary>More lines for its frontend, such as <c>http-request return status 503 if { path /x }</c>.</summary>
    public IReadOnlyList<string> Rules { get; init; } = [];

    /// <summary>Where it runs; null for where the test does.</summary>
    public NetworkNamespace? Namespace { get; init; }
}
