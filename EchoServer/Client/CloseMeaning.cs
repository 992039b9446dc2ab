using EchoServer.WebSockets;

namespace EchoServer.Client;

/// <summary>What a close code means to the person at the client (RFC 6455 §7.4.1 and the IANA registry).</summary>
internal static class CloseMeaning
{
    internal static string Of(CloseCode code) => code switch
    {
        CloseCode.NormalClosure => "done",
        CloseCode.GoingAway => "stops or goes away",
        CloseCode.ProtocolError => "the other side broke the protocol",
        CloseCode.UnsupportedData => "does not take this kind of message",
        CloseCode.NoStatusReceived => "no code was sent",
        CloseCode.AbnormalClosure => "the connection ended without a Close",
        CloseCode.InvalidPayloadData => "a text was not UTF-8",
        CloseCode.PolicyViolation => "a rule or a limit was broken",
        CloseCode.MessageTooBig => "a message was too large",
        CloseCode.MandatoryExtension => "an extension that is needed was not agreed on",
        CloseCode.InternalError => "it failed",
        CloseCode.ServiceRestart => "it restarts",
        CloseCode.TryAgainLater => "overloaded, try again later",
        CloseCode.BadGateway => "a gateway got a bad answer from the server behind it",
        (CloseCode)3000 => "it requires authentication",
        (CloseCode)3003 => "it does not allow this",
        (CloseCode)3008 => "it waited for too long",
        >= (CloseCode)4000 and <= (CloseCode)4999 => "the application's own meaning",
        >= (CloseCode)3000 and < (CloseCode)4000 => "a library's own meaning",
        _ => "no meaning in the registry",
    };

    /// <summary>Number, name, reason and meaning in one line: <c>1009 MessageTooBig 'over 1048576 bytes' (a message was too large)</c>.</summary>
    internal static string Describe((CloseCode Code, string Reason) close) =>
        $"{ClosePayload.Describe(close.Code)}{(close.Reason.Length == 0 ? "" : $" '{EscapedText.From(close.Reason.AsSpan())}'")} ({Of(close.Code)})";

    /// <summary>The same of an end without a Close.</summary>
    internal static string OfNone { get; } = Describe((CloseCode.AbnormalClosure, ""));
}
