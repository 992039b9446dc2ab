using EchoServer.Echo;
using EchoServer.Server;
using EchoServer.Site;

namespace EchoServer.Tests.Support;

/// <summary>The engine inside the test's process with its site, as <c>serve</c> puts them together.</summary>
internal static class SiteServer
{
    private static readonly EchoOptions Quiet = new() { LogMessages = false };

    public static InProcessServer Start(ServerOptions? options = null) => InProcessServer.Start(
        (engine, log) => EchoHandlers.Start(engine, Quiet, log.CreateLogger("Echo")),
        options,
        engine => new SiteRouter(new SiteOptions(), engine.Context.Limits, Quiet, InstanceFacts.Read(_ => null)));
}
