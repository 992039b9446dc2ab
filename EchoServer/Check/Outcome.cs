namespace EchoServer.Check;

/// <summary>The result of a probe.</summary>
internal enum Outcome
{
    /// <summary>It works.</summary>
    Pass,

    /// <summary>It works, but something is odd or will not stay so.</summary>
    Warn,

    /// <summary>It does not work.</summary>
    Fail,

    /// <summary>It could not be tried here.</summary>
    Skip,
}
