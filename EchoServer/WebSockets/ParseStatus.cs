namespace EchoServer.WebSockets;

/// <summary>The result of reading a unit of the protocol from the bytes at hand.</summary>
internal enum ParseStatus
{
    /// <summary>Sound so far, but not complete: try again with more bytes.</summary>
    NeedMore,

    /// <summary>Complete and sound.</summary>
    Done,

    /// <summary>A rule is broken; more bytes cannot mend it.</summary>
    Bad,
}
