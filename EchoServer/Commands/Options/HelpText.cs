using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace EchoServer.Commands.Options;

/// <summary>Prints the help text. The library's own layout does not wrap lines without a terminal, and has no examples.</summary>
internal sealed class HelpText(string rootExamples) : SynchronousCommandLineAction
{
    /// <summary>The columns of a terminal as it opens; longer lines are hard to read in any.</summary>
    internal const int Columns = 80;

    private const string Indent = "  ";
    private const string DescriptionIndent = "        ";

    // A long list of options is looked through by what they are about.
    private static readonly (string Title, Option[] Options)[] Groups =
    [
        .. Settings.Groups.Select(group => (group.Title, (Option[])[.. group.Settings.Select(setting => setting.Option)])),
        ("Connection", [.. ConnectionSettings.All.Select(setting => setting.Option)]),
    ];

    /// <summary>Has a command and those below it explained in this way.</summary>
    internal void UseFor(RootCommand root)
    {
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = this;

        // The library's "/?" and "/h" of another system: here they are messages for the client.
        Array.ForEach([.. help.Aliases.Where(name => name.StartsWith('/'))], name => help.Aliases.Remove(name));
    }

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.Write(Write(parseResult.CommandResult.Command));
        return ExitCode.Fine;
    }

    private string Write(Command command)
    {
        var text = new StringBuilder();
        bool isRoot = command is RootCommand;
        text.AppendWrapped(Usage(command, isRoot), 0, Columns);
        text.Append('\n');
        foreach (string paragraph in Paragraphs(command.Description ?? ""))
        {
            text.AppendWrapped(paragraph, 0, Columns);
            text.Append('\n');
        }

        WriteCommands(text, command);
        Section(text, "Arguments", command.Arguments.Select(Entry));

        Option[] options = [.. CommandLineErrors.Options(command).OrderBy(option => option is HelpOption or VersionOption)];
        Section(text, "Options", options.Except(Groups.SelectMany(group => group.Options)).Select(Entry));
        foreach ((string title, Option[] members) in Groups)
        {
            Section(text, title, members.Intersect(options).Select(Entry));
        }

        string examples = command is DocumentedCommand documented ? documented.Examples : isRoot ? rootExamples : "";
        text.Append("Examples:\n");
        foreach (string line in examples.Split('\n'))
        {
            text.Append(Indent).Append(line).Append('\n');
        }

        return text.ToString();
    }

    private static string Usage(Command command, bool isRoot)
    {
        var usage = new StringBuilder("Usage: EchoServer");
        usage.Append(isRoot ? " [command]" : $" {command.Name}");
        foreach (Argument argument in command.Arguments)
        {
            usage.Append(argument.Arity.MinimumNumberOfValues > 0 ? $" <{argument.Name}>" : $" [<{argument.Name}>]");
            usage.Append(argument.Arity.MaximumNumberOfValues > 1 ? "..." : "");
        }

        return usage.Append(" [options]").ToString();
    }

    private static void WriteCommands(StringBuilder text, Command command)
    {
        if (command.Subcommands.Count == 0)
        {
            return;
        }

        text.Append("Commands:\n");
        int width = command.Subcommands.Max(sub => sub.Name.Length) + Indent.Length;
        foreach (Command sub in command.Subcommands)
        {
            text.Append(Indent).Append(sub.Name.PadRight(width));
            text.AppendWrapped(Paragraphs(sub.Description ?? "").FirstOrDefault(""), Indent.Length + width, Columns);
        }

        text.Append(Indent).Append("EchoServer <command> --help says more about one.\n\n");
    }

    private static void Section(StringBuilder text, string title, IEnumerable<(string Label, string Description)> entries)
    {
        (string Label, string Description)[] all = [.. entries];
        text.Append(all.Length > 0 ? $"{title}:\n" : "");
        foreach ((string label, string description) in all)
        {
            text.Append(Indent).Append(label).Append('\n');

            // Variable and default have a line of their own: they are looked up most often.
            int bracket = description.EndsWith(']') ? description.LastIndexOf(" [", StringComparison.Ordinal) : -1;
            text.Append(DescriptionIndent).AppendWrapped(bracket < 0 ? description : description[..bracket], DescriptionIndent.Length, Columns);
            text.Append(bracket < 0 ? "" : $"{DescriptionIndent}{description[(bracket + 1)..]}\n");
        }

        text.Append(all.Length > 0 ? "\n" : "");
    }

    private static (string Label, string Description) Entry(Argument argument) => ($"<{argument.Name}>", argument.Description ?? "");

    private static (string Label, string Description) Entry(Option option)
    {
        // Short names first, as people look for them.
        IEnumerable<string> names = option.Aliases.Append(option.Name).Distinct().OrderBy(name => name.Length);
        string value = option.Arity.MaximumNumberOfValues == 0 || option.ValueType == typeof(bool) ? "" : $" <{option.HelpName ?? "value"}>";
        string description = option switch
        {
            HelpOption => "Shows this text.",
            VersionOption => "Shows the version.",
            _ => option.Description ?? "",
        };
        return (string.Join(", ", names) + value, description);
    }

    private static IEnumerable<string> Paragraphs(string description) =>
        description.ReplaceLineEndings("\n").Split("\n\n").Select(paragraph => paragraph.Replace('\n', ' '));
}

/// <summary>A command with an example of its use, for the help text.</summary>
/// <remarks>The first line of the description stands in the list of commands, an empty line begins a paragraph. Of the examples, lines that begin with
/// <c>#</c> explain the next.</remarks>
internal sealed class DocumentedCommand(string name, string description, string examples) : Command(name, description)
{
    internal string Examples { get; } = examples;
}
