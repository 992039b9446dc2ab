using System.Buffers;
using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

// A small message in one piece, a large one in few.
const int BufferSize = 64 * 1024;

WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0));

if (args.Contains("inline"))
{
    // "Run application code on the I/O thread, which is why this is unsafe": an echo never blocks there. The variable
    // DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS=1, which its documentation recommends with it, is set by the program that starts this one.
    builder.Services.Configure<SocketTransportOptions>(options => options.UnsafePreferInlineScheduling = true);
}

await using WebApplication app = builder.Build();
app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.Zero });

// How much it has allocated since it started: the bench asks before and after.
app.MapGet("/allocated", () => Results.Text($"{GC.GetTotalAllocatedBytes(precise: true)}"));
app.Map("/raw", context => AcceptAsync(context, (socket, stop) => EchoAsync(socket, [], stop)));
app.Map("/", context => AcceptAsync(context, (socket, stop) => GreetAndEchoAsync(socket, "Echo: "u8.ToArray(), stop)));

await app.StartAsync();
Console.WriteLine($"Listening on ws://127.0.0.1:{new Uri(app.Urls.First()).Port}");
await app.WaitForShutdownAsync();

static async Task AcceptAsync(HttpContext context, Func<WebSocket, CancellationToken, Task> echo)
{
    if (!context.WebSockets.IsWebSocketRequest)
    {
        context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
        return;
    }

    // "Dangerous", because a secret beside text of the client's choice can be guessed by its compressed length.
    using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync(
        new WebSocketAcceptContext { DangerousEnableCompression = Environment.GetCommandLineArgs().Contains("deflate") });
    try
    {
        await echo(socket, context.RequestAborted);
    }
    catch (Exception exception) when (exception is WebSocketException or OperationCanceledException)
    {
        // The client left without a Close.
    }
}

static async Task GreetAndEchoAsync(WebSocket socket, byte[] prefix, CancellationToken stop)
{
    await socket.SendAsync("Hi, this is the Echo-Server"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, stop);
    await EchoAsync(socket, prefix, stop);
}

static async Task EchoAsync(WebSocket socket, byte[] prefix, CancellationToken stop)
{
    bool isOpen = true;
    while (isOpen)
    {
        // A receive of nothing waits without a buffer, as the documentation advises for idle connections.
        await socket.ReceiveAsync(Memory<byte>.Empty, stop);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            isOpen = await EchoMessageAsync(socket, prefix, buffer, stop);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

// A message longer than the buffer goes back in pieces: the first of them behind the prefix.
static async Task<bool> EchoMessageAsync(WebSocket socket, byte[] prefix, byte[] buffer, CancellationToken stop)
{
    prefix.CopyTo(buffer, 0);
    int from = prefix.Length;
    while (true)
    {
        ValueWebSocketReceiveResult received = await socket.ReceiveAsync(buffer.AsMemory(from), stop);
        if (received.MessageType == WebSocketMessageType.Close)
        {
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, stop);
            return false;
        }

        await socket.SendAsync(buffer.AsMemory(0, from + received.Count), received.MessageType, received.EndOfMessage, stop);
        if (received.EndOfMessage)
        {
            return true;
        }

        from = 0;
    }
}
