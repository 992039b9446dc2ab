#nullable disable
#pragma warning disable IDE0130 // The package's namespace, not the folder's.
#pragma warning disable CS9113 // Parameters that the package has and the adapter leaves out.
namespace Fleck;

/// <summary>Stands in for Fleck 1.2.0 where no feed has it: as much of it as the adapter uses, in the same order of calls.</summary>
public sealed class WebSocketConnection(ISocket socket, Action<WebSocketConnection> initialize, Func<byte[], WebSocketHttpRequest> parseRequest, Func<WebSocketHttpRequest, IHandler> handlerFactory, Func<IEnumerable<string>, string> negotiateSubProtocol)
{
    public IHandler Handler { get; set; }
    public Action<Exception> OnError { get; set; }
    public bool IsAvailable => socket.Connected;

    public Task Send(string message) => Send(message, Handler.FrameText);

    public Task Send(byte[] message) => Send(message, Handler.FrameBinary);

    public Task SendPong(byte[] message) => Send(message, Handler.FramePong);

    public void StartReceiving() => Read(new byte[4096]);

    private void Read(byte[] buffer)
    {
        if (IsAvailable)
        {
            socket.Receive(
                buffer,
                count =>
                {
                    Handler.Receive(buffer.Take(count));
                    Read(buffer);
                },
                exception =>
                {
                    OnError(exception);
                    FleckLog.LogAction(LogLevel.Error, "Application Error", exception);
                });
        }
    }

    private Task Send<T>(T message, Func<T, byte[]> createFrame) => IsAvailable
        ? socket.Send(createFrame(message), static () => { }, static _ => { })
        : Task.FromException(new InvalidOperationException("Data sent while closing or after close. Ignoring."));
}
