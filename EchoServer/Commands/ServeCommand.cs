using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using EchoServer.Client.Output;
using EchoServer.Commands.Logging;
using EchoServer.Commands.Options;
using EchoServer.Echo;
using EchoServer.Server;
using EchoServer.Site;
using EchoServer.Transport;
using Microsoft.Extensions.Logging;

namespace EchoServer.Commands;

/// <summary><c>EchoServer serve</c>: runs the server until it is told to stop.</summary>
internal static class ServeCommand
{
    /// <summary>Serves until SIGTERM, SIGINT or SIGHUP. Returns the exit code.</summary>
    internal static async Task<int> RunAsync(ParseResult result)
    {
        ServerOptions options = ReadServerOptions(result);
        EchoOptions echo = ReadEchoOptions(result, options);
        var site = new SiteOptions(Settings.Info.Read(result), Settings.Metrics.Read(result));
        LogLevel level = Settings.Level.Read(result);
        LogFormat format = Settings.Format.Read(result);

        if (OpenFiles.DescribeShortage(ServerLimits.ReservedFilesOf(options) + 1) is string shortage)
        {
            return StandardError.Fail(shortage);
        }

        if (Settings.Port.GivenBy(result) is null && !Settings.ServerUrls.IsGiven(result) &&
            UnknownVariables.WarnOfAspNet(Environment.GetEnvironmentVariable, options.Port) is string warning)
        {
            StandardError.WriteLine(warning);
        }

        if (Settings.ServerUrls.Read(result) is IPEndPoint urls && !urls.Equals(new IPEndPoint(options.Host, options.Port)))
        {
            StandardError.WriteLine(
                $"EchoServer: warning: {Settings.ServerUrls.Name}: the server does not listen on {urls}, because {Settings.Host.Name} or {Settings.Port.Name} is given as well");
        }

        // Elsewhere than on Linux, where the server has I/O threads of its own, the runtime's are what waits for sockets.
        InlineCompletions.Enable(threads: 1);

        // Register signal handlers before logging "Listening": a script that waits for that line may send SIGTERM at once.
        using var stop = new StopSignal();
        using LoggerFactory logging = OpenLog(level, format);
        ILogger log = logging.CreateLogger("Server");
        UncaughtExceptions.Log = log.Uncaught;
        TaskScheduler.UnobservedTaskException += (_, unobserved) => log.Uncaught(unobserved.Exception);
        await using IWebSocketServer server = CreateServer(options, echo, site, logging, result);
        try
        {
            EchoHandlers.Start(server, echo, logging.CreateLogger("Echo"));
        }
        catch (SocketException exception)
        {
            var endPoint = new IPEndPoint(options.Host, options.Port);
            return StandardError.Fail($"{Culprit(exception, result)}: cannot listen on {endPoint}: {Explain(exception)}");
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await server.StopAsync(options.DrainTimeout).ConfigureAwait(false);
        return ExitCode.Fine;
    }

    /// <summary>Makes a server, which does not listen yet, with the engine of this build: <c>-p:WebSocketEngine=builtin</c>, the default, or <c>Fleck</c>.</summary>
    internal static IWebSocketServer CreateServer(
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

    /// <summary>Makes loggers that write to standard output. Disposing of them writes out queued lines, for as long as a second and a half.</summary>
    /// <remarks>Without the library's builder, whose container for dependencies took a fifth of the time to start.</remarks>
    private static LoggerFactory OpenLog(LogLevel level, LogFormat format)
    {
        var filters = new LoggerFilterOptions { MinLevel = level };
        filters.Rules.Add(new LoggerFilterRule(null, WebSocketServer.AnnouncementCategory, LogLevel.Information, null));
        var factory = new LoggerFactory([], filters);

        // Not through the constructor: the factory disposes only of added providers, and the last lines would be lost.
        factory.AddProvider(new LogQueue(Console.OpenStandardOutput(), format));
        return factory;
    }

    private static ServerOptions ReadServerOptions(ParseResult result)
    {
        IPEndPoint? urls = Settings.ServerUrls.Read(result);
        return new ServerOptions
        {
            Host = urls is null || Settings.Host.IsGiven(result) ? Settings.Host.Read(result) : urls.Address,
            Port = urls is null || Settings.Port.IsGiven(result) ? Settings.Port.Read(result) : urls.Port,
            MaxMessageBytes = Settings.MaxMessageBytes.Read(result),
            MaxFragments = Settings.MaxFragments.Read(result),
            MaxConnections = Settings.MaxConnections.Read(result),
            AnswersWhenFull = Settings.AnswerWhenFull.Read(result),
            MemoryBudgetBytes = Settings.MemoryBudget.Read(result),
            HandshakeTimeout = Settings.HandshakeTimeout.Read(result),
            MessageTimeout = Settings.MessageTimeout.Read(result),
            SendTimeout = Settings.SendTimeout.Read(result),
            KeepAliveInterval = Settings.KeepAliveInterval.Read(result),
            KeepAliveTimeout = Settings.KeepAliveTimeout.Read(result),
            CloseTimeout = Settings.CloseTimeout.Read(result),
            DrainTimeout = Settings.DrainTimeout.Read(result),
            Compression = Settings.Compression.Read(result),
            CompressionLevel = Settings.CompressionLevel.Read(result),
            IoThreads = Settings.IoThreads.Read(result),
            AllowedOrigins = Settings.AllowedOrigins.Read(result),
        };
    }

    private static EchoOptions ReadEchoOptions(ParseResult result, ServerOptions options) => new()
    {
        Greeting = Settings.Greeting.Read(result),
        Prefix = Settings.Prefix.Read(result),
        HasScenarios = Settings.Scenarios.Read(result),
        MaxWaitingBytes = options.MaxQueuedBytes,
        LogMessages = Settings.LogMessages.Read(result),
    };

    /// <summary>The option or variable that gave the address that cannot be listened on.</summary>
    private static string Culprit(SocketException exception, ParseResult result)
    {
        bool isHost = exception.SocketErrorCode is SocketError.AddressNotAvailable or
            SocketError.AddressFamilyNotSupported or SocketError.InvalidArgument;
        if (Settings.ServerUrls.IsGiven(result) && !(isHost ? Settings.Host.IsGiven(result) : Settings.Port.IsGiven(result)))
        {
            return Settings.ServerUrls.Name;
        }

        return isHost ? Settings.Host.Name : Settings.Port.Source(result);
    }

    private static string Explain(SocketException exception) => exception.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => "the port is in use; choose another, or 0 for a free one",
        SocketError.AccessDenied => "no permission; ports below 1024 usually need root, choose 1024-65535",
        SocketError.AddressNotAvailable => "this machine does not have that address; choose one of its own, or 0.0.0.0",
        SocketError.InvalidArgument => "this is not an address that can be listened on; choose one of this machine's own, or 0.0.0.0",
        SocketError.TooManyOpenSockets => "too many files are open; raise the limit of open files: ulimit -n",
        SocketError.AddressFamilyNotSupported => "this machine does not speak that kind of address",
        _ => EscapedText.From(exception.Message.AsSpan()),
    };
}
