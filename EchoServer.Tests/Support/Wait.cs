namespace EchoServer.Tests.Support;

/// <summary>Waits for what another thread or process brings about.</summary>
internal static class Wait
{
    /// <summary>Waits until the condition holds; fails after <see cref="ServerProcess.Patience"/>.</summary>
    public static async Task UntilAsync(Func<bool> condition, Func<string> otherwise)
    {
        long end = Environment.TickCount64 + (long)ServerProcess.Patience.TotalMilliseconds;
        while (!condition())
        {
            if (Environment.TickCount64 > end)
            {
                throw new TimeoutException(otherwise());
            }

            await Task.Delay(10);
        }
    }
}
