using EchoServer.WebSockets;

namespace EchoServer.Metrics;

/// <summary>Why a WebSocket connection ended, in kinds that can be counted. The log tells more in words.</summary>
internal enum EndCause
{
    /// <summary>The client closed it with a Close frame.</summary>
    Peer,

    /// <summary>The client went away without one: its process, its network or something on the way.</summary>
    Vanished,

    /// <summary>The client broke a rule of the protocol, or sent text that is not UTF-8.</summary>
    Protocol,

    /// <summary>A message was too large or of too many fragments.</summary>
    Limit,

    /// <summary>The memory budget was used up, or too much waited for this client alone.</summary>
    Budget,

    /// <summary>A message was not complete, or output not taken, in time.</summary>
    Deadline,

    /// <summary>A ping was not answered in time.</summary>
    KeepAlive,

    /// <summary>The server stops.</summary>
    Drain,

    /// <summary>The application closed it.</summary>
    Application,

    /// <summary>A callback of the application failed, or the server itself.</summary>
    Fault,
}

/// <summary>What belongs to the causes.</summary>
internal static class EndCauses
{
    /// <summary>All of them, in order.</summary>
    internal static readonly EndCause[] All = Enum.GetValues<EndCause>();

    /// <summary>The kind of cause that a broken rule is: the core only names the close code.</summary>
    internal static EndCause Of(ProtocolViolation violation) => violation.Code switch
    {
        CloseCode.MessageTooBig or CloseCode.PolicyViolation => EndCause.Limit,
        CloseCode.TryAgainLater => EndCause.Budget,
        _ => EndCause.Protocol,
    };

    /// <summary>The cause as a metric's label says it, and the close code that it usually has.</summary>
    internal static (string Label, CloseCode UsualCode) Describe(this EndCause cause) => cause switch
    {
        EndCause.Peer => ("peer", CloseCode.NormalClosure),
        EndCause.Vanished => ("vanished", CloseCode.AbnormalClosure),
        EndCause.Protocol => ("protocol", CloseCode.ProtocolError),
        EndCause.Limit => ("limit", CloseCode.MessageTooBig),
        EndCause.Budget => ("budget", CloseCode.TryAgainLater),
        EndCause.Deadline => ("deadline", CloseCode.PolicyViolation),
        EndCause.KeepAlive => ("keep-alive", CloseCode.AbnormalClosure),
        EndCause.Drain => ("drain", CloseCode.GoingAway),
        EndCause.Application => ("application", CloseCode.NormalClosure),
        EndCause.Fault => ("fault", CloseCode.InternalError),
        _ => throw new ArgumentOutOfRangeException(nameof(cause), cause, "a cause without a label"),
    };
}
