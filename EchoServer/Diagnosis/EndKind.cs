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

    /// <summary>At an unknown time: no byte got through any more, or the last send was answered with a reset.</summary>
    Lost,
}
