using System.CommandLine;
using EchoServer.Echo;
using EchoServer.Server;
using EchoServer.Site;
using Microsoft.Extensions.Logging;

namespace EchoServer.Commands;

/// <summary>The engine that this program was built with: <c>-p:WebSocketEngine=builtin</c>, which is the default, or <c>Fleck</c>.</summary>
internal static class Engine
{
#if FLECK_ENGINE
    /// <summary>Whether nothing in the engine blocks on an I/O thread.</summary>
    internal static bool NeverBlocks => false;

    /// <summary>Makes a server that does not listen yet.</summary>
    internal static IWebSocketServer Create(
        ServerOptions options, EchoOptions echo, SiteOptions site, ILoggerFactory logging, ParseResult result) =>
        new Fleck.FleckServer(options, logging, Options.FleckSettings.Ignored(result)) { Judge = echo.HasScenarios ? Judge(echo) : null };

    /// <summary>Fleck answers no subprotocol.</summary>
    private static Func<string, string, Http.HandshakeRuling> Judge(EchoOptions echo) => (path, query) =>
        Scenarios.Find(path, query, echo)?.Ruling switch
        {
            { Subprotocol: not null } => new(new Http.HttpRejection(Http.HttpStatus.NotFound, "The engine Fleck has no scenario with a subprotocol.")),
            { } ruling => ruling,
            null => default,
        };
#else
    /// <summary>Whether nothing in the engine blocks on an I/O thread.</summary>
    internal static bool NeverBlocks => true;

    /// <summary>Makes a server that does not listen yet.</summary>
    internal static IWebSocketServer Create(
        ServerOptions options, EchoOptions echo, SiteOptions site, ILoggerFactory logging, ParseResult result)
    {
        var server = new WebSocketServer(options, logging);
        if (echo.HasScenarios)
        {
            server.Context.Judge = (path, query) => Scenarios.Find(path, query, echo)?.Ruling ?? default;
        }

        server.Context.PlainHttp = new SiteRouter(site, server.Context.Limits, echo, InstanceFacts.Read(Environment.GetEnvironmentVariable));
        return server;
    }
#endif
}
