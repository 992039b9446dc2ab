namespace EchoServer.Tests.Support;

/// <summary>Completes the start of resources whose end must not be forgotten.</summary>
internal static class Disposal
{
    /// <summary>Waits for the rest of a start; disposes of the resource when that fails.</summary>
    public static async Task<T> StartedAsync<T>(this T resource, Func<Task> start)
        where T : IAsyncDisposable
    {
        try
        {
            await start();
            return resource;
        }
        catch
        {
            await resource.DisposeAsync();
            throw;
        }
    }
}
