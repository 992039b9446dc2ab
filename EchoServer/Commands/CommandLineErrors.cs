using System.CommandLine;
using System.CommandLine.Parsing;
using EchoServer.Commands.Options;
using EchoServer.Text;

namespace EchoServer.Commands;

/// <summary>Mistakes that a command line has as a whole, found before any value is read.</summary>
internal static class CommandLineErrors
{
    /// <summary>Refuses mistakes that the library takes for arguments or values.</summary>
    /// <exception cref="UsageException">
    /// An argument begins with '-' and does not stand behind "--": it is a mistyped option. Or a switch has a value, which would be lost.
    /// </exception>
    internal static void ThrowIfMistyped(ParseResult result)
    {
        Command command = result.CommandResult.Command;
        int literals = result.Tokens.SkipWhile(token => token.Type != TokenType.DoubleDash).Skip(1).Count();
        IEnumerable<string> arguments = command.Arguments.SelectMany(argument => result.GetResult(argument)?.Tokens ?? []).Select(token => token.Value);
        if (arguments.Concat(result.UnmatchedTokens).SkipLast(literals).FirstOrDefault(text => text.Length > 1 && text[0] == '-') is string option)
        {
            // The value behind it may be a password.
            string name = option.Split('=', ':')[0];
            string hint = command.Arguments.Contains(ClientSettings.Messages) ? " A message that begins with - stands behind --." : "";
            throw new UsageException($"unknown option '{EscapedText.From(name.AsSpan())}'.{Suggestion(command, name)}{hint}");
        }

        foreach (OptionResult given in result.CommandResult.Children.OfType<OptionResult>())
        {
            if (given is { Option: Option<bool>, Tokens: [Token value, ..] })
            {
                throw new UsageException($"{given.Option.Name}: takes no value, and '{EscapedText.From(value.Value.AsSpan())}' is one");
            }
        }
    }

    /// <summary>Explains the first error of the library.</summary>
    internal static string Explain(ParseResult result, IEnumerable<Setting> settings)
    {
        // The parser's own words name the option, but not what it takes.
        ParseError error = result.Errors[0];
        Option? option = (error.SymbolResult as OptionResult)?.Option;
        if (settings.FirstOrDefault(setting => setting.Option == option) is Setting known)
        {
            return $"{known.Name}: exactly one value is needed: {known.Accepted}";
        }

        string? mistyped = result.UnmatchedTokens.FirstOrDefault(token => error.Message.Contains($"'{token}'", StringComparison.Ordinal));
        return EscapedText.From(error.Message.AsSpan()) + (mistyped is null ? "" : Suggestion(result.CommandResult.Command, mistyped));
    }

    /// <summary>Names the command or option that was probably meant; empty when none is near.</summary>
    private static string Suggestion(Command command, string mistyped)
    {
        IEnumerable<Option> inherited = command.Parents.OfType<Command>().SelectMany(parent => parent.Options).Where(option => option.Recursive);
        IEnumerable<string> names = command.Subcommands.Select(sub => sub.Name).Concat(command.Options.Concat(inherited).Select(option => option.Name));
        return NearName.Find(mistyped, names) is string near ? $" Did you mean {near}?" : "";
    }
}
