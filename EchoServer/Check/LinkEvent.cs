using EchoServer.Diagnosis;
using EchoServer.WebSockets;

namespace EchoServer.Check;

/// <summary>The kind of an event of a WebSocket.</summary>
internal enum LinkEventKind
{
    /// <summary>A text or binary message.</summary>
    Message,

    /// <summary>A pong.</summary>
    Pong,

    /// <summary>The server's Close.</summary>
    Close,

    /// <summary>The end of the stream (FIN) without a Close.</summary>
    Fin,

    /// <summary>A reset (RST), or another failure of the stream.</summary>
    Reset,

    /// <summary>The server broke the protocol.</summary>
    Violation,

    /// <summary>Nothing gets through any more, and neither side has said so: only a probe finds that, none receives it.</summary>
    Lost,
}

/// <summary>Something that came over a WebSocket. Text in it is not escaped yet.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Payload">Of a message or a pong.</param>
/// <param name="IsText">Whether a message is text.</param>
/// <param name="Code">Of a Close.</param>
/// <param name="Text">The reason of a Close, or the rule that was broken.</param>
internal sealed record LinkEvent(LinkEventKind Kind, byte[] Payload, bool IsText = false, CloseCode? Code = null, string Text = "")
{
    /// <summary>Whether nothing comes after it.</summary>
    internal bool IsEnd => Kind is not (LinkEventKind.Message or LinkEventKind.Pong);

    /// <summary>Why, when the conversation was not to end here.</summary>
    internal Fault Diagnose(Uri url) => Kind switch
    {
        LinkEventKind.Close => EndDiagnosis.OfClose(Code!.Value, Text),
        LinkEventKind.Reset => NetworkDiagnosis.Of(
            new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.ConnectionReset), url, Stage.Echo),
        LinkEventKind.Violation => new(
            $"what came from the server breaks the WebSocket protocol: {ReceivedAnswer.Shown(Text)}",
            "a proxy on the way alters frames, or the server has a fault: check the server without the proxy"),
        _ => NetworkDiagnosis.Of(new EndOfStreamException(), url, Stage.Echo),
    };

    /// <summary>What it is, in a few words; escaped.</summary>
    internal string Describe() => Kind switch
    {
        LinkEventKind.Message => $"a {(IsText ? "text" : "binary")} message of {Payload.Length} bytes",
        LinkEventKind.Pong => "a pong",
        LinkEventKind.Close => $"Close {ClosePayload.Describe(Code!.Value)}{(Text.Length > 0 ? $" '{ReceivedAnswer.Shown(Text)}'" : "")}",
        LinkEventKind.Fin => "the end of the stream (FIN), without a Close",
        LinkEventKind.Reset => "a reset (RST), without a Close",
        LinkEventKind.Lost => "silence",
        _ => $"a broken frame: {ReceivedAnswer.Shown(Text)}",
    };
}
