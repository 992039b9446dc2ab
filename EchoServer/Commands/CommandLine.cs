using System.CommandLine;
using System.CommandLine.Invocation;
using EchoServer.Client.Output;
using EchoServer.Commands.Options;
using EchoServer.Connect;
using EchoServer.Transport;

namespace EchoServer.Commands;

/// <summary>The commands and their arguments; the options of <c>serve</c> are <see cref="Settings"/>, those of <c>load</c> <see cref="LoadSettings"/>.</summary>
internal static class CommandLine
{
    private static readonly Argument<string> Url = new("url")
    {
        Description = WebSocketUrl.Description,
    };

    private const string RootExamples =
        """
        # Serve on port 9000, without a log line for each message:
        EchoServer --port 9000 --log-messages false
        # Talk to it:
        EchoServer client ws://localhost:9000
        """;

    private const string ServeExamples =
        """
        # On a free port, which the first line of the log names:
        EchoServer serve --port 0
        # For IPv6 as well, with another greeting:
        EchoServer serve --host "[::]" --greeting "Hello"
        """;

    /// <summary>Runs the command that the arguments name.</summary>
    /// <returns>The exit code: 0 fine, 1 failed, 2 wrong usage.</returns>
    internal static async Task<int> RunAsync(string[] args)
    {
        try
        {
            return await ParseAndRunAsync(args).ConfigureAwait(false);
        }
        catch (UsageException exception)
        {
            StandardError.WriteLine($"EchoServer: {exception.Message} (see --help)");
            return ExitCode.Usage;
        }
        catch (ConnectionFailedException exception)
        {
            return StandardError.Fail(exception.Message);
        }
        catch (Exception exception)
        {
            StandardError.WriteLine(UncaughtExceptions.Describe(exception));
            return ExitCode.Failed;
        }
    }

    private static async Task<int> ParseAndRunAsync(string[] args)
    {
        Utf8Input.ThrowIfAltered(args);

        // As with other programs: help, or help and a command.
        args = args is ["help", .. string[] rest] ? [.. rest, "--help"] : args;

        // An '@' at the start of a value is part of the value, not the name of a file to read it from.
        RootCommand root = Build();
        ShowVersion.UseFor(root);
        ParseResult result = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        CommandLineErrors.ThrowIfSwitchHasValue(args, result);
        CommandLineErrors.ThrowIfNoSuchHelp(result);
        bool runsCommand = result.Action is AsynchronousCommandLineAction;
        if (runsCommand || result.Errors.Count > 0)
        {
            CommandLineErrors.ThrowIfMistyped(args, result);
            CommandLineErrors.ThrowIfMisplaced(result);
        }

        if (result.Errors.Count > 0)
        {
            throw CommandLineErrors.Explain(result, AllSettings);
        }

        if (runsCommand)
        {
            string[] variables = [.. AllSettings.Select(setting => setting.Variable).OfType<string>()];
            foreach (string warning in UnknownVariables.Warnings(Environment.GetEnvironmentVariables(), variables))
            {
                StandardError.WriteLine(warning);
            }
        }

        // Signals are the commands' own business: the library would end the server with its own exit code.
        using StandardStream output = StandardStream.OpenOutput();
        var configuration = new InvocationConfiguration
        {
            Output = output.Text(),
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        return output.EndWith(await result.InvokeAsync(configuration).ConfigureAwait(false));
    }

    private static RootCommand Build()
    {
        var serve = new DocumentedCommand("serve", "Run the server. This is what happens without a command.", ServeExamples);
        var root = new RootCommand(
            "A WebSocket echo server on raw sockets for Cloud Foundry, and the clients that talk to it. Without a command it serves.");
        new HelpText(RootExamples).UseFor(root);
        foreach (Command command in (Command[])[root, serve])
        {
            Array.ForEach(Settings.All, setting => command.Add(setting.Option));
            command.SetAction(ServeCommand.RunAsync);
        }

        root.Add(serve);
        root.Add(Build(
            new DocumentedCommand("client", ClientCommand.Description, ClientCommand.Examples) { Url, ClientSettings.Messages },
            ClientSettings.All,
            (result, url) => ClientCommand.RunAsync(ClientSettings.Read(result, url))));
        root.Add(Build(
            new DocumentedCommand("ping", PingCommand.Description, PingCommand.Examples) { Url }, PingCommand.All, PingCommand.RunAsync));
        root.Add(Build(
            new DocumentedCommand("load", LoadCommand.Description, LoadCommand.Examples) { Url }, LoadSettings.All, LoadCommand.RunAsync));
        root.Add(Build(
            new DocumentedCommand("check", CheckCommand.Description, CheckCommand.Examples) { Url }, CheckSettings.All, CheckCommand.RunAsync));
        var completions = new DocumentedCommand("completions", CompletionsCommand.Description, CompletionsCommand.Examples) { CompletionsCommand.Shell };
        completions.SetAction((result, _) => Task.FromResult(CompletionsCommand.Run(result)));
        root.Add(completions);
        return root;
    }

    private static DocumentedCommand Build(DocumentedCommand command, Setting[] settings, Func<ParseResult, string, Task<int>> run)
    {
        Array.ForEach([.. settings, .. ConnectionSettings.All], setting => command.Add(setting.Option));
        command.SetAction(async result => OpenFiles.DescribeShortage(OpenFiles.Reserved + 1) is string shortage
            ? StandardError.Fail(shortage)
            : await run(result, result.GetRequiredValue(Url)).ConfigureAwait(false));
        return command;
    }

    private static IEnumerable<Setting> AllSettings =>
        [.. Settings.All, .. LoadSettings.All, .. ConnectionSettings.All, .. ClientSettings.All, .. PingCommand.All, .. CheckSettings.All];
}
