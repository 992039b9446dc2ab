using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using EchoServer.Client.Output;
using EchoServer.Commands.Options;
using EchoServer.Connect;
using EchoServer.Text;

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
            StandardError.WriteLine($"EchoServer: {exception.Message}");
            return ExitCode.Failed;
        }
        catch (Exception exception)
        {
            StandardError.WriteLine(UncaughtExceptions.Describe(exception));
            return ExitCode.Failed;
        }
    }

    private static async Task<int> ParseAndRunAsync(string[] args)
    {
        // An '@' at the start of a value is part of the value, not the name of a file to read it from.
        RootCommand root = Build();
        ShowVersion.UseFor(root);
        ParseResult result = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (result.Errors.Count > 0)
        {
            throw new UsageException(Explain(result));
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

        DocumentedCommand client = BuildClient();
        DocumentedCommand ping = BuildPing();
        DocumentedCommand load = BuildLoad();
        root.Add(serve);
        root.Add(client);
        root.Add(ping);
        root.Add(load);
        root.Add(BuildCheck());
        return root;
    }

    private static DocumentedCommand BuildClient()
    {
        var client = new DocumentedCommand("client", ClientCommand.Description, ClientCommand.Examples) { Url, ClientSettings.Messages };
        Array.ForEach(ClientSettings.All, setting => client.Add(setting.Option));
        Array.ForEach(ClientSettings.Switches, client.Add);
        ConnectionSettings.AddTo(client);
        client.SetAction(result => ClientCommand.RunAsync(ClientSettings.Read(result, result.GetRequiredValue(Url))));
        return client;
    }

    private static DocumentedCommand BuildPing()
    {
        var ping = new DocumentedCommand("ping", PingCommand.Description, PingCommand.Examples) { Url };
        Array.ForEach(PingCommand.All, setting => ping.Add(setting.Option));
        ping.Add(PingCommand.Frames);
        ConnectionSettings.AddTo(ping);
        ping.SetAction(result => PingCommand.RunAsync(result, result.GetRequiredValue(Url)));
        return ping;
    }

    private static DocumentedCommand BuildCheck()
    {
        var check = new DocumentedCommand("check", CheckCommand.Description, CheckCommand.Examples) { Url };
        Array.ForEach(CheckSettings.All, setting => check.Add(setting.Option));
        Array.ForEach(CheckSettings.Switches, check.Add);
        ConnectionSettings.AddTo(check);
        check.SetAction(result => CheckCommand.RunAsync(result, result.GetRequiredValue(Url)));
        return check;
    }

    private static DocumentedCommand BuildLoad()
    {
        var load = new DocumentedCommand("load", LoadCommand.Description, LoadCommand.Examples) { Url };
        Array.ForEach(LoadSettings.All, setting => load.Add(setting.Option));
        Array.ForEach(LoadSettings.Switches, load.Add);
        ConnectionSettings.AddTo(load);
        load.SetAction(result => LoadCommand.RunAsync(result, result.GetRequiredValue(Url)));
        return load;
    }

    private static IEnumerable<Setting> AllSettings =>
        [.. Settings.All, .. LoadSettings.All, .. ConnectionSettings.All, .. ClientSettings.All, .. PingCommand.All, .. CheckSettings.All];

    private static string Explain(ParseResult result)
    {
        // The parser's own words name the option, but not what it takes.
        ParseError error = result.Errors[0];
        Option? option = (error.SymbolResult as OptionResult)?.Option;
        return AllSettings.FirstOrDefault(setting => setting.Option == option) is Setting known
            ? $"{known.Name}: exactly one value is needed: {known.Accepted}"
            : EscapedText.From(error.Message.AsSpan()) + Suggestion(result);
    }

    /// <summary>Names the command or option that was probably meant; empty when none is near.</summary>
    private static string Suggestion(ParseResult result)
    {
        if (result is not { Action: ParseErrorAction action, UnmatchedTokens: [string mistyped, ..] })
        {
            return "";
        }

        // The library looks for near names, but prints them: a sentence that quotes the token, then a line for each name, the nearest first.
        using var printed = new StringWriter();
        action.ShowHelp = false;
        result.Invoke(new InvocationConfiguration { Output = printed, Error = TextWriter.Null });
        string[] lines = printed.ToString().Split(Environment.NewLine);
        bool hasNames = lines.Length > 1 && lines[0].StartsWith($"'{mistyped}'", StringComparison.Ordinal);

        // For a word it also names short options, which are near to any word.
        return hasNames && lines[1].StartsWith('-') == mistyped.StartsWith('-') ? $" Did you mean {lines[1]}?" : "";
    }
}
