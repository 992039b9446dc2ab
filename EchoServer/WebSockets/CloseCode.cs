namespace EchoServer.WebSockets;

/// <summary>Why a WebSocket connection ends (RFC 6455 §7.4.1 and the IANA "WebSocket Close Code Number" registry).</summary>
/// <remarks>Codes from 3000 to 4999 belong to libraries and applications: cast a number to get one.</remarks>
internal enum CloseCode
{
    /// <summary>The purpose of the connection is fulfilled.</summary>
    NormalClosure = 1000,

    /// <summary>An endpoint goes away: a server that stops, a browser that leaves the page.</summary>
    GoingAway = 1001,

    /// <summary>The peer broke the protocol.</summary>
    ProtocolError = 1002,

    /// <summary>The peer sent a kind of data that this endpoint cannot accept.</summary>
    UnsupportedData = 1003,

    /// <summary>Never on the wire: stands for a Close frame without a code.</summary>
    NoStatusReceived = 1005,

    /// <summary>Never on the wire: stands for a connection that ended without a Close frame.</summary>
    AbnormalClosure = 1006,

    /// <summary>A text message was not UTF-8.</summary>
    InvalidPayloadData = 1007,

    /// <summary>A message breaks the endpoint's policy.</summary>
    PolicyViolation = 1008,

    /// <summary>A message is larger than the endpoint takes.</summary>
    MessageTooBig = 1009,

    /// <summary>A client missed an extension that it needs.</summary>
    MandatoryExtension = 1010,

    /// <summary>The server met a condition that it did not expect.</summary>
    InternalError = 1011,

    /// <summary>The service restarts (IANA registry).</summary>
    ServiceRestart = 1012,

    /// <summary>The service is overloaded: try again later (IANA registry).</summary>
    TryAgainLater = 1013,

    /// <summary>A gateway got a bad answer from the server behind it (IANA registry).</summary>
    BadGateway = 1014,
}
