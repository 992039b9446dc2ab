using EchoServer.Tests.Support;

namespace EchoServer.Tests.Site.Page;

/// <summary>Ends the browser after the last test of the page.</summary>
[SetUpFixture]
[WholeMachine]
internal sealed class ChromiumLifetime
{
    [OneTimeTearDown]
    public Task StopAsync() => Chromium.StopAsync();
}
