namespace EchoServer.Tests.Support;

/// <summary>Waits for what another thread or process brings about.</summary>
internal static class Wait
{
    /// <summary>
    /// For a timeout of the product's that is to pass in a test. What does come must come before it on a busy machine as well, so it
    /// is long; such tests wait side by side.
    /// </summary>
    public static readonly TimeSpan Lapse = TimeSpan.FromSeconds(3);

    public const string LapseSeconds = "3";

    /// <summary>Waits until the condition holds; fails after <see cref="ServerProcess.Patience"/>.</summary>
    public static Task UntilAsync(Func<bool> condition, Func<string> otherwise) => UntilAsync(() => Task.FromResult(condition()), otherwise);

    public static async Task UntilAsync(Func<Task<bool>> condition, Func<string> otherwise)
    {
        long end = Environment.TickCount64 + (long)ServerProcess.Patience.TotalMilliseconds;
        while (!await condition())
        {
            if (Environment.TickCount64 > end)
            {
                throw new TimeoutException(otherwise());
            }

            await Task.Delay(10);
        }
    }

    /// <summary>Waits until something listens on a port of this machine.</summary>
    public static Task UntilListensAsync(int port) => UntilAsync(() => Listens(port), () => $"nothing listens on port {port}");

    private static bool Listens(int port)
    {
        try
        {
            using var peer = new RawPeer(port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
