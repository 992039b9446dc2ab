namespace EchoServer.Tests.Check;

/// <summary>Scripted echo servers that are no EchoServer: they answer a plain GET with 404, and pings with pongs.</summary>
internal static class EchoScripts
{
    /// <summary>A server whose every WebSocket goes by the script.</summary>
    public static ScriptedServer Server(EchoScript script, Action<RawPeer>? onOpen = null) => ScriptedServer.Upgrading((peer, connection) =>
    {
        onOpen?.Invoke(peer);
        ScriptedServer.EchoAll(peer, connection, (number, count, message) =>
        {
            IEnumerable<WireFrame> answer = script(number, count, message);
            if (answer == Cut)
            {
                peer.End();
            }

            return answer;
        });
    });

    /// <summary>No answer, but the end of the connection without a Close.</summary>
    public static readonly IEnumerable<WireFrame> Cut = [new WireFrame(WireFrame.CloseOpcode, [])];

    /// <summary>What a good echo does.</summary>
    public static IEnumerable<WireFrame> Good(WireFrame message) =>
        [message.Opcode == WireFrame.PingOpcode ? message with { Opcode = WireFrame.PongOpcode } : message];
}
