using System.Net.Sockets;
using System.Security.Authentication;
using EchoServer.Diagnosis;
using EchoServer.Http;

namespace EchoServer.Connect;

/// <summary>One step on the way to a WebSocket: bounded in time, and named when it fails.</summary>
/// <remarks>The timeout is what the options allow, for the words of a failure; the proxy is the one that is gone through, null for none.</remarks>
internal readonly record struct Step(Stage Stage, Uri Url, TimeSpan Timeout, Deadline Deadline, Uri? Proxy)
{
    /// <summary>Whether the server has asked for a certificate of the client, and got none, or perhaps not the one that it wants.</summary>
    internal bool WantsCertificate { get; init; }

    /// <summary>Takes the step.</summary>
    /// <exception cref="ConnectionFailedException">It failed, or took too long.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    internal async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> action, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Deadline.Left);
        try
        {
            // Name look-ups and some streams do not end when they are told to.
            return await action(limit.Token).WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsOfNetwork(exception) || exception is OperationCanceledException)
        {
            stop.ThrowIfCancellationRequested();
            throw limit.IsCancellationRequested ? TimedOut() : Failed(exception);
        }
    }

    /// <summary>Takes a step without a result.</summary>
    internal Task RunAsync(Func<CancellationToken, Task> action, CancellationToken stop) => RunAsync(
        async token =>
        {
            await action(token).ConfigureAwait(false);
            return true;
        },
        stop);

    /// <summary>What to throw when time is up.</summary>
    /// <param name="received">The bytes of an answer that has not ended; empty for none.</param>
    internal ConnectionFailedException TimedOut(ReadOnlySpan<byte> received = default) => new(
        Stage,
        $"{(received.IsEmpty ? "nothing" : "no whole answer")} within {Times.Seconds(Timeout)}",
        NetworkDiagnosis.OfTimeout(Stage, Timeout, Url, Proxy, received))
    { IsTimeout = true };

    /// <summary>What to throw for an exception of the network.</summary>
    internal ConnectionFailedException Failed(Exception exception) => new(
        Stage, Stage == Stage.Proxy && exception is InvalidDataException or BadHeadException { Kind: not HeadErrorKind.Faulty } ? "no proxy's answer" : Words(exception), NetworkDiagnosis.Of(exception, Url, Stage, Proxy, WantsCertificate), exception);

    /// <summary>Whether an exception comes from a socket, a stream or TLS.</summary>
    internal static bool IsOfNetwork(Exception exception) =>
        exception is IOException or SocketException or AuthenticationException or ObjectDisposedException or InvalidDataException;

    private static string Words(Exception exception) => exception switch
    {
        BadHeadException { Kind: HeadErrorKind.TooLarge } => "a head that is too large",
        BadHeadException { Kind: HeadErrorKind.Faulty } => "a faulty HTTP answer",
        BadHeadException { Kind: HeadErrorKind.Cut } => "half an answer",
        BadHeadException { Kind: HeadErrorKind.Http2 } => "HTTP/2",
        BadHeadException { Kind: HeadErrorKind.Tls } => "TLS",
        BadHeadException => "no HTTP",
        _ when exception.GetBaseException() is SocketException socket => Words(socket.SocketErrorCode),
        AuthenticationException => "TLS failed",
        _ => "the connection ended",
    };

    private static string Words(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.ConnectionReset => "connection reset",
        SocketError.HostNotFound or SocketError.NoData => "host not found",
        SocketError.TimedOut => "timed out",
        SocketError.TooManyOpenSockets => "too many open files",
        SocketError.NetworkUnreachable or SocketError.HostUnreachable => "unreachable",
        _ => EscapedText.From(new SocketException((int)error).Message.AsSpan()),
    };
}
