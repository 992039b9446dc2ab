using System.CommandLine;
using EchoServer.Echo;
using EchoServer.Server;
using EchoServer.Site;
using Microsoft.Extensions.Logging;

namespace EchoServer.Commands;

/// <summary>The engine that this program was built with: <c>-p:WebSocketEngine=builtin</c>, which is the default, or <c>Fleck</c>.</summary>
internal static class Engine
{
    /// <summary>Makes a server that does not listen yet.</summary>
    internal static IWebSocketServer Create(
        ServerOptions options, EchoOptions echo, SiteOptions site, ILoggerFactory logging, ParseResult result)
    {
#if FLECK_ENGINE
        var server = new Fleck.FleckServer(options, logging, Options.FleckSettings.GivenButIgnored(result));
#else
        var server = new WebSocketServer(options, logging);
#endif
        if (echo.HasScenarios)
        {
            server.Context.Judge = (path, query) => Scenarios.Find(path, query, echo)?.Ruling ?? default;
        }

        server.Context.PlainHttp = new SiteRouter(site, server.Context.Limits, echo, InstanceFacts.Read(Environment.GetEnvironmentVariable));
        return server;
    }
}
