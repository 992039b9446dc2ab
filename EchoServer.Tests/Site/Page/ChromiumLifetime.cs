namespace EchoServer.Tests.Site.Page;

[SetUpFixture]
[WholeMachine]
[Parallelizable(ParallelScope.Self | ParallelScope.Fixtures)]
internal sealed class ChromiumLifetime
{
    [OneTimeTearDown]
    public Task StopAsync() => Chromium.StopAsync();
}
