namespace EchoServer.Tests.Deployment.Images;

/// <summary>Removes what images were made with after the last test of images.</summary>
[SetUpFixture]
[Parallelizable(ParallelScope.Self | ParallelScope.Fixtures)]
internal sealed class ImageStoreLifetime
{
    [OneTimeTearDown]
    public Task RemoveAsync() => ImageStore.RemoveAsync();
}
