using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Authentication;
using System.Text;

namespace EchoServer.Commands;

/// <summary><c>EchoServer client</c>: what the tutorial's client does, over the runtime's <see cref="ClientWebSocket"/>.</summary>
internal static class ClientCommand
{
    /// <summary>The tutorial's message.</summary>
    internal const string DefaultMessage = "Hi there!";

    // A message that is longer is not an echo of something typed.
    private const int MaxMessageBytes = 16 * 1024 * 1024;

    // A cold start behind a router takes seconds; a person waits no longer than this.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    /// <summary>Connects, sends the message, shows what comes back until the echo, and closes.</summary>
    /// <param name="url">A ws, wss, http or https URL.</param>
    /// <param name="message">The text to send.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="UsageException">The URL is not one.</exception>
    internal static async Task<int> RunAsync(string url, string message)
    {
        Uri uri = WebSocketUrl.Parse(url);
        using var timeout = new CancellationTokenSource(Timeout);
        using var socket = new ClientWebSocket();
        var waitingFor = Stage.Answer;
        socket.Options.CollectHttpResponseDetails = true;
        try
        {
            await socket.ConnectAsync(uri, timeout.Token).ConfigureAwait(false);
            waitingFor = Stage.Echo;
            await TalkAsync(socket, message, () => waitingFor = Stage.Close, timeout.Token).ConfigureAwait(false);
            Console.WriteLine("Disconnected from Server");
            return ExitCode.Fine;
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or IOException or ClientException)
        {
            string shownUrl = EscapedText.From(uri.AbsoluteUri.AsSpan());
            await Console.Error.WriteLineAsync($"EchoServer: {shownUrl}: {Explain(exception, socket, waitingFor)}").ConfigureAwait(false);
            return ExitCode.Failed;
        }
    }

    private static async Task TalkAsync(ClientWebSocket socket, string message, Action onEcho, CancellationToken stop)
    {
        await socket.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, endOfMessage: true, stop).ConfigureAwait(false);
        Console.WriteLine($"Sent Message: {EscapedText.From(message.AsSpan())}");

        bool isEchoed = false;
        while (await ReceiveAsync(socket, stop).ConfigureAwait(false) is Received received)
        {
            Console.WriteLine($"Received Message: {received.Shown}");

            // A greeting can end like the message does. The server answers in order: by going on until its Close is here, what
            // comes after such a greeting is shown as well.
            if (!isEchoed && received.Text?.EndsWith(message, StringComparison.Ordinal) == true)
            {
                isEchoed = true;
                onEcho();
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, stop).ConfigureAwait(false);
            }
        }

        if (!isEchoed)
        {
            string reason = string.IsNullOrEmpty(socket.CloseStatusDescription) ? "" : $" {EscapedText.From(socket.CloseStatusDescription.AsSpan())}";
            throw new ClientException($"the server closed before the echo came: {(int?)socket.CloseStatus}{reason}");
        }
    }

    /// <summary>Receives one whole message; null when the server has closed.</summary>
    private static async Task<Received?> ReceiveAsync(ClientWebSocket socket, CancellationToken stop)
    {
        using var bytes = new MemoryStream();
        byte[] buffer = new byte[16 * 1024];
        WebSocketReceiveResult part;
        do
        {
            part = await socket.ReceiveAsync(buffer, stop).ConfigureAwait(false);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            bytes.Write(buffer, 0, part.Count);
            if (bytes.Length > MaxMessageBytes)
            {
                throw new ClientException($"the server sent a message of more than {MaxMessageBytes} bytes");
            }
        }
        while (!part.EndOfMessage);

        ReadOnlySpan<byte> whole = bytes.GetBuffer().AsSpan(0, (int)bytes.Length);
        return part.MessageType == WebSocketMessageType.Text
            ? new Received(Encoding.UTF8.GetString(whole), EscapedText.From(whole))
            : new Received(null, $"{whole.Length} bytes, binary");
    }

    private static string Explain(Exception exception, ClientWebSocket socket, Stage waitingFor)
    {
        if (exception is OperationCanceledException)
        {
            string missing = waitingFor switch
            {
                Stage.Answer => "no answer",
                Stage.Echo => "no echo",
                _ => "no Close from the server",
            };
            return $"{missing} within {Timeout.TotalSeconds} s";
        }

        if ((int)socket.HttpStatusCode is int status and not 0 and not 101)
        {
            return $"the server answered {status} {socket.HttpStatusCode} instead of a WebSocket";
        }

        return exception.GetBaseException() switch
        {
            SocketException { SocketErrorCode: SocketError.ConnectionRefused } => "connection refused: nothing listens there",
            SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } => "the host name is not known",
            SocketException { SocketErrorCode: SocketError.ConnectionReset } => "the server reset the connection",
            AuthenticationException error => $"TLS failed: {EscapedText.From(error.Message.AsSpan())}",
            Exception error => EscapedText.From(error.Message.AsSpan()),
        };
    }

    /// <summary>What the client waits for.</summary>
    private enum Stage
    {
        Answer,
        Echo,
        Close,
    }

    /// <summary>A failure in the conversation that has a sentence of its own.</summary>
    private sealed class ClientException(string message) : Exception(message);

    private sealed record Received(string? Text, string Shown);
}
