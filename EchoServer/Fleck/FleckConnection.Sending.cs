using System.Text;
using EchoServer.WebSockets;

namespace EchoServer.Fleck;

/// <content>What any thread may ask of a connection: to send and to close.</content>
internal sealed partial class FleckConnection
{
    private const int NotClosing = 0;

    // The code of our own Close, once there is one.
    private int _closeCode = NotClosing;

    private bool IsClosing => Volatile.Read(ref _closeCode) != NotClosing;

    /// <inheritdoc/>
    public void Send(string text) => Issue(() => _socket.Send(text));

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> prefix, Message message)
    {
        if (message.IsText)
        {
            Send(string.Concat(Encoding.UTF8.GetString(prefix), message.ToString()));
        }
        else
        {
            byte[] bytes = [.. prefix, .. message.Bytes];
            Issue(() => _socket.Send(bytes));
        }
    }

    /// <inheritdoc/>
    /// <remarks>Fleck sends the code without the reason, and ends the TCP connection right after it.</remarks>
    public void Close(CloseCode code = CloseCode.NormalClosure, string reason = "")
    {
        if (!ClosePayload.IsCodeAllowed((int)code))
        {
            throw new ArgumentOutOfRangeException(nameof(code), (int)code, "a Close frame carries 1000-1003, 1007-1014 or 3000-4999");
        }

        if (Interlocked.CompareExchange(ref _closeCode, (int)code, NotClosing) == NotClosing)
        {
            Try(() => _socket.Close((int)code));
        }
    }

    /// <summary>Sends, unless the connection is closing or gone: of that Fleck would make an exception and a warning.</summary>
    private void Issue(Func<Task?> send)
    {
        if (!IsClosing && _socket.IsAvailable)
        {
            // A send that fails ends the connection, of which Fleck tells by other means; its task has to be looked at nevertheless.
            Try(() => send()?.ContinueWith(
                static sent => _ = sent.Exception,
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default));
        }
    }

    /// <summary>What Fleck throws is this connection's trouble, and not that of whoever sends to it.</summary>
    private void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
    }
}
