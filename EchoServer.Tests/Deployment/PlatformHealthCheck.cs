using System.Net;

namespace EchoServer.Tests.Deployment;

/// <summary>Asks an instance for its health as a Cloud Foundry cell does, by what the manifest says of it.</summary>
/// <remarks>Every 2 s until the first 200; then the platform asks every 30 s, this one goes on as before.</remarks>
internal sealed class PlatformHealthCheck : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly HttpClient _client;
    private readonly Uri _endpoint;
    private readonly TimeSpan _startTimeout;

    public PlatformHealthCheck(Manifest manifest, string check, int port)
    {
        Assert.That(manifest.Text($"{check}-type"), Is.EqualTo("http"));
        _client = new HttpClient { Timeout = TimeSpan.FromSeconds(manifest.Number($"{check}-invocation-timeout")) };
        _endpoint = new Uri($"http://127.0.0.1:{port}{manifest.Text($"{check}-http-endpoint")}");
        _startTimeout = TimeSpan.FromSeconds(manifest.Number("timeout"));
    }

    /// <summary>Waits for the first 200; none in time fails the test, as it fails the push.</summary>
    public async Task WaitUntilHealthyAsync()
    {
        long end = Environment.TickCount64 + (long)_startTimeout.TotalMilliseconds;
        while (await AskAsync() is string wrong)
        {
            Assert.That(Environment.TickCount64, Is.LessThan(end), $"not healthy in time: {wrong}");
            await Task.Delay(Interval);
        }
    }

    public async Task<int> WatchAsync(CancellationToken stop)
    {
        int answers = 0;
        while (!stop.IsCancellationRequested)
        {
            Assert.That(await AskAsync(), Is.Null);
            answers++;
            await Task.Delay(Interval, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return answers;
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Asks once.</summary>
    /// <returns>The fault; null for none.</returns>
    private async Task<string?> AskAsync()
    {
        try
        {
            using HttpResponseMessage answer = await _client.GetAsync(_endpoint);
            return answer.StatusCode == HttpStatusCode.OK ? null : $"{(int)answer.StatusCode}";
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            return exception.Message;
        }
    }
}
