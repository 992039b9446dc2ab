using EchoServer.Tests.Support;

namespace EchoServer.Tests.Site.Page;

/// <summary>Ends the browser after the last test of the page.</summary>
[SetUpFixture]
[WholeMachine]
[Parallelizable(ParallelScope.Self | ParallelScope.Fixtures)]
internal sealed class ChromiumLifetime
{
    [OneTimeTearDown]
    public Task StopAsync() => Chromium.StopAsync();
}
