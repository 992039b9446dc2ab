using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using EchoServer.Commands.Options;

namespace EchoServer.Commands;

/// <summary>Mistakes that a command line has as a whole, found before any value is read.</summary>
internal static class CommandLineErrors
{
    /// <summary>Refuses mistakes that the library takes for arguments or values.</summary>
    /// <exception cref="UsageException">
    /// An argument begins with '-' and does not stand behind "--": it is a mistyped option. Or a switch has a value, which would be lost. Or
    /// an option has the next option for its value.
    /// </exception>
    internal static void ThrowIfMistyped(string[] args, ParseResult result)
    {
        Command command = result.CommandResult.Command;
        string[] typed = BeforeLiterals(args);
        ThrowIfSwitchIsSet(command, typed);
        int literals = result.Tokens.SkipWhile(token => token.Type != TokenType.DoubleDash).Skip(1).Count();
        IEnumerable<string> arguments = command.Arguments.SelectMany(argument => result.GetResult(argument)?.Tokens ?? []).Select(token => token.Value);
        if (arguments.Concat(result.UnmatchedTokens).SkipLast(literals).FirstOrDefault(IsLikeOption) is string option)
        {
            throw UnknownOption(command, option);
        }

        foreach (OptionResult given in result.CommandResult.Children.OfType<OptionResult>())
        {
            if (IsSwitch(given.Option) && given.Tokens is [Token value, ..])
            {
                throw HasValue(given.Option, value.Value);
            }

            // With an equals sign any text is a value.
            if (given.Tokens.FirstOrDefault(it => typed.Contains(it.Value) && Find(command, NameOf(it.Value)) is not null) is Token next)
            {
                throw new UsageException($"{given.Option.Name}: a value is needed, and '{EscapedText.From(NameOf(next.Value).AsSpan())}' is an option");
            }
        }
    }

    /// <summary>Refuses a word behind a switch that sets options of the server, and would be a message here.</summary>
    private static void ThrowIfSwitchIsSet(Command command, string[] typed)
    {
        foreach ((string name, string value) in typed.Zip(typed.Skip(1)))
        {
            if (SettingParsers.TryParseOnOff(value, out _) && Find(command, name) is Option option && IsSwitch(option))
            {
                throw HasValue(option, value);
            }
        }
    }

    /// <summary>Refuses an option of the program without a command before a command that does not have it.</summary>
    internal static void ThrowIfMisplaced(ParseResult result)
    {
        Command command = result.CommandResult.Command;
        IEnumerable<SymbolResult> before = (result.CommandResult.Parent as CommandResult)?.Children ?? [];
        if (before.OfType<OptionResult>().FirstOrDefault(given => !given.Implicit && !Options(command).Contains(given.Option)) is OptionResult lost)
        {
            throw new UsageException($"{lost.Option.Name}: is not an option of {command.Name}");
        }
    }

    /// <summary>Refuses an unknown command whose help is asked for.</summary>
    internal static void ThrowIfNoSuchHelp(ParseResult result)
    {
        if (result is { Action: HelpText, CommandResult.Command: RootCommand root, UnmatchedTokens: [string unknown, ..] })
        {
            throw Unknown(root, unknown);
        }
    }

    /// <summary>Refuses a switch with a value in the same argument, which the library splits into a switch and an argument.</summary>
    internal static void ThrowIfSwitchHasValue(string[] args, ParseResult result)
    {
        Command command = result.CommandResult.Command;
        foreach (string arg in BeforeLiterals(args).Where(arg => arg.StartsWith('-')).Except(result.Tokens.Select(token => token.Value)))
        {
            // "-help" is not "-h" with a value.
            string name = NameOf(arg);
            if (Find(command, $"-{name}") is not null)
            {
                throw UnknownOption(command, arg);
            }

            // "--quiet=x" is a switch and a value, "-qt" two switches, and "-qtx" two switches and a value.
            bool isLong = arg.StartsWith("--", StringComparison.Ordinal);
            int end = isLong ? name.Length : 1;
            Option? last = isLong ? Find(command, name) : null;
            for (; end < name.Length && (last is null || IsSwitch(last)) && Find(command, $"-{name[end]}") is Option letter; end++)
            {
                last = letter;
            }

            if (end < arg.Length && last is not null && IsSwitch(last))
            {
                throw HasValue(last, arg[end] is '=' or ':' ? arg[(end + 1)..] : arg[end..]);
            }
        }
    }

    private static string[] BeforeLiterals(string[] args) => [.. args.TakeWhile(arg => arg != "--")];

    /// <summary>Whether an argument is a mistyped option. Word processors make other dashes of "--", but a dash behind which no name stands is text.</summary>
    private static bool IsLikeOption(string text) => text.StartsWith('-') ||
        (text.TrimStart(NearName.Dashes) is { Length: > 0 } name && name.Length < text.Length && char.IsAsciiLetter(name[0]));

    /// <summary>The name of an option. The value behind it may be a password.</summary>
    private static string NameOf(string option) => option.Split('=', ':')[0];

    private static UsageException UnknownOption(Command command, string option)
    {
        string name = NameOf(option);
        string hint = command.Arguments.Contains(ClientSettings.Messages) ? " A message that begins with - stands behind --." : "";
        return new($"unknown option '{EscapedText.From(name.AsSpan())}'.{Suggestion(command, name)}{hint}");
    }

    private static bool IsSwitch(Option option) => option is Option<bool> or HelpOption or VersionOption;

    private static UsageException HasValue(Option option, string value)
    {
        // A text with a colon may be a user and a password.
        bool isShown = !value.Contains(':', StringComparison.Ordinal) || value.Contains("://", StringComparison.Ordinal);
        return new($"{option.Name}: takes no value, and {(isShown ? $"'{ShownValue.Of(value)}'" : "the given text (not shown)")} is one");
    }

    /// <summary>Explains the first error of the library.</summary>
    internal static UsageException Explain(ParseResult result, IEnumerable<Setting> settings)
    {
        // The parser's own words name the option, but not what it takes.
        ParseError error = result.Errors[0];
        Option? option = (error.SymbolResult as OptionResult)?.Option;
        if (settings.FirstOrDefault(setting => setting.Option == option) is Setting known and not SwitchSetting)
        {
            return new($"{known.Name}: exactly one value is needed: {known.Accepted}");
        }

        if (error.SymbolResult is ArgumentResult { Tokens: [], Argument: Argument missing })
        {
            return new($"{result.CommandResult.Command.Name}: <{missing.Name}> is missing. {missing.Description}");
        }

        return result.UnmatchedTokens.FirstOrDefault(token => error.Message.Contains($"'{token}'", StringComparison.Ordinal)) is string mistyped
            ? Unknown(result.CommandResult.Command, mistyped)
            : new(EscapedText.From(error.Message.AsSpan()));
    }

    private static UsageException Unknown(Command command, string text) =>
        new($"unknown command or argument '{ShownValue.Of(text)}'.{Suggestion(command, text)}");

    /// <summary>Names the command or option that was probably meant; empty when none is near.</summary>
    private static string Suggestion(Command command, string mistyped)
    {
        if (Find(command, mistyped) is not null)
        {
            return $" It stands behind {command.Name}.";
        }

        IEnumerable<string> options = Options(command).Select(option => option.Name).Concat(Options(command).SelectMany(option => option.Aliases));
        string? near = NearName.Find(mistyped, command.Subcommands.Count > 0 && !IsLikeOption(mistyped) ? command.Subcommands.Select(sub => sub.Name) : options);
        return near is null ? "" : $" Did you mean {near}?";
    }

    private static Option? Find(Command command, string name) => Options(command).FirstOrDefault(option => option.Name == name || option.Aliases.Contains(name));

    /// <summary>The options of a command, with those that every command inherits.</summary>
    internal static IEnumerable<Option> Options(Command command) =>
        command.Options.Concat(command.Parents.OfType<Command>().SelectMany(parent => parent.Options).Where(option => option.Recursive));
}
