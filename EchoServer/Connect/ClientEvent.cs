using EchoServer.Diagnosis;
using EchoServer.WebSockets;

namespace EchoServer.Connect;

/// <summary>An event of a <see cref="ClientConnection"/>. Text from the network is not escaped yet; the payload is the receiver's.</summary>
internal sealed record ClientEvent(ClientEventKind Kind, byte[] Payload)
{
    /// <summary>The code of a <see cref="ClientEventKind.Close"/> or <see cref="ClientEventKind.Violation"/>; null for other events.</summary>
    internal CloseCode? Code { get; init; }

    /// <summary>The reason of a Close, or the rule that was broken.</summary>
    internal string Reason { get; init; } = "";

    /// <summary>The exception of a stream that failed.</summary>
    internal Exception? Cause { get; init; }

    /// <summary>Whether no event follows.</summary>
    internal bool IsEnd => Kind >= ClientEventKind.Close;

    /// <summary>Whether it is a text or binary message.</summary>
    internal bool IsMessage => Kind <= ClientEventKind.Binary;

    internal bool IsText => Kind == ClientEventKind.Text;

    /// <summary>Whether it is the pong of a ping with this payload.</summary>
    internal bool IsPongOf(ReadOnlySpan<byte> ping) => Kind == ClientEventKind.Pong && ping.SequenceEqual(Payload);

    /// <summary>Names cause and advice of an end that was not wanted.</summary>
    internal Fault Diagnose(Uri url) => Kind switch
    {
        ClientEventKind.Close => EndDiagnosis.OfClose(Code!.Value, Reason),
        ClientEventKind.Violation => EndDiagnosis.OfViolation(Code!.Value, Reason),
        _ => NetworkDiagnosis.Of(Cause ?? new EndOfStreamException(), url, Stage.Echo),
    };

    /// <summary>Describes the event in a few words, escaped.</summary>
    internal string Describe() => Kind switch
    {
        ClientEventKind.Text => $"a text message of {Numbers.Of(Payload.Length, "byte")}",
        ClientEventKind.Binary => $"a binary message of {Numbers.Of(Payload.Length, "byte")}",
        ClientEventKind.Ping => "a ping",
        ClientEventKind.Pong => "a pong",
        ClientEventKind.Close => $"Close {ClosePayload.Describe(Code!.Value)}{(Reason.Length > 0 ? $" '{ReceivedAnswer.Shown(Reason)}'" : "")}",
        ClientEventKind.Fin => "the end of the stream (FIN), without a Close",
        ClientEventKind.Reset => "a reset (RST), without a Close",
        ClientEventKind.Lost => "silence",
        _ => EndDiagnosis.IsOwnLimit(Code!.Value) ? $"more than this client takes: {Reason}" : $"a broken frame: {Reason}",
    };
}
