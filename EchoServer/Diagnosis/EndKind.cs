namespace EchoServer.Diagnosis;

/// <summary>How a connection ended.</summary>
internal enum EndKind
{
    /// <summary>With a Close frame.</summary>
    Close,

    /// <summary>The stream ended (FIN) without one.</summary>
    Fin,

    /// <summary>It was reset (RST).</summary>
    Reset,

    /// <summary>Nobody knows when: nothing got through any more, or what was sent at last was answered with a reset.</summary>
    Lost,
}
