using EchoServer.Http;
using EchoServer.Server;
using EchoServer.WebSockets;
using Microsoft.Extensions.Logging;

namespace EchoServer.Echo;

/// <summary>The application.</summary>
/// <remarks>
/// The tutorial's server in Node, line for line beside this one:
/// <code>
/// wss.on('connection', socket => {
///   socket.send('Hi, this is the Echo-Server');
///   socket.on('message', message => {
///     console.log(`Received Message: ${message}`);
///     socket.send(`Echo: ${message}`);
///   });
/// });
/// </code>
/// The callbacks run on the connection's loop and must not block: the log is a queue, and a send is gathered.
/// </remarks>
internal static class EchoHandlers
{
    /// <summary>The path that echoes and nothing else: no greeting, no prefix, for other people's test suites.</summary>
    public const string RawPath = "/raw";

    /// <summary>Starts a server that echoes.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The server's address cannot be bound.</exception>
    public static void Start(IWebSocketServer server, EchoOptions options, ILogger log)
    {
        byte[] textPrefix = Encoding.UTF8.GetBytes(options.Prefix);
        server.Start(socket =>
        {
            if (options.HasScenarios && Scenarios.Find(socket.Info.Path, socket.Info.Query, options) is ScenarioPlan plan)
            {
                Play(plan, socket, options.LogMessages ? log : null);
                return;
            }

            bool isRaw = socket.Info.Path == RawPath;
            if (options.Greeting.Length > 0 && !isRaw)
            {
                socket.OnOpen = () => socket.Send(options.Greeting);
            }

            socket.OnMessage = message =>
            {
                if (options.LogMessages)
                {
                    MessageLine.Log(log, socket.Id, message);
                }

                bool isPrefixed = message.IsText && !isRaw;
                socket.Send(isPrefixed ? textPrefix : default, message);
            };
        });
    }

    private static void Play(ScenarioPlan plan, IWebSocketConnection socket, ILogger? log)
    {
        plan.Configure(socket);
        Action<Message>? answer = socket.OnMessage;
        if (log is not null)
        {
            socket.OnMessage = message =>
            {
                MessageLine.Log(log, socket.Id, message);
                answer?.Invoke(message);
            };
        }

        if (plan.Ruling.Rejection is HttpRejection rejection)
        {
            // An engine that does not ask about handshakes.
            socket.OnOpen = () => socket.Close(CloseCode.PolicyViolation, rejection.Reason);
        }
    }
}
