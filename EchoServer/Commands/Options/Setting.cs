using System.CommandLine;
using System.CommandLine.Parsing;

namespace EchoServer.Commands.Options;

/// <summary>One thing that can be set, whatever the type of its value.</summary>
internal abstract class Setting(string name, Option option, string? variable, string accepted, bool mayBeEmpty)
{
    /// <summary>What the option is called, such as <c>--port</c>.</summary>
    internal string Name => name;

    /// <summary>The option, to be added to a command.</summary>
    internal Option Option { get; } = option;

    /// <summary>The environment variable; null for none.</summary>
    internal string? Variable => variable;

    /// <summary>The accepted texts: completes "is not ...".</summary>
    internal string Accepted { get; } = accepted;

    /// <summary>Whether the option was typed.</summary>
    internal bool IsGiven(ParseResult result) => result.GetResult(Option) is OptionResult { Implicit: false };

    /// <summary>Finds the first setting that was typed; null when none was.</summary>
    internal static Setting? FirstGiven(ParseResult result, params Setting[] settings) =>
        Array.Find(settings, setting => setting.IsGiven(result));

    /// <summary>Refuses settings that do not go with the others: an error names the first one that was typed, and says why.</summary>
    /// <exception cref="UsageException">One was.</exception>
    internal static void RefuseIf(bool isWrong, ParseResult result, string why, params Setting[] settings)
    {
        if (isWrong && FirstGiven(result, settings) is Setting given)
        {
            throw new UsageException($"{given.Name}: {why}");
        }
    }

    /// <summary>The name of what it was given by, the option or else the variable; null when it was not.</summary>
    internal string? GivenBy(ParseResult result) => IsGiven(result) ? Name : FromVariable() is null ? null : variable;

    /// <summary>What to name when the value turns out not to work: the variable when it came from there, else the option.</summary>
    internal string Source(ParseResult result) => GivenBy(result) ?? Name;

    /// <summary>What the variable holds; null when it is not set.</summary>
    protected string? FromVariable()
    {
        string? text = variable is null ? null : Utf8Input.Variable(variable);
        return text is { Length: 0 } && !mayBeEmpty ? null : text;
    }

    protected static Option<TValue> MakeOption<TValue>(string name, string? alias, string helpName, string description, ArgumentArity arity) =>
        new(name, alias is null ? [] : [alias]) { Description = description, HelpName = helpName, Arity = arity };

    /// <summary>Reads a text. An error shows <paramref name="shown"/>, not yet escaped; null for nothing.</summary>
    protected static T Parse<T>(SettingParser<T> parser, string source, string text, string? shown) =>
        parser.TryParse(text, out T value)
            ? value
            : throw new UsageException($"{source}: {(shown is null ? "the value (not shown)" : $"'{ShownValue.Of(shown)}'")} is not {parser.Accepted}");
}

/// <summary>An option without a value: on where it is given.</summary>
internal sealed class SwitchSetting(string name, string description, string? alias = null)
    : Setting(name, new Option<bool>(name, alias is null ? [] : [alias]) { Description = description }, null, "no value", mayBeEmpty: false);

/// <summary>One thing that can be set: an option, the environment variable that stands in for it, and a default.</summary>
/// <remarks>
/// The option wins over the variable, the variable over the default; a variable that is empty counts as not set, unless the value may be
/// empty (as of a text that can be turned off). The default text is for a default whose value does not say it; an error does not quote a
/// secret; choices are all values, where they are few words: a shell completes them.
/// </remarks>
internal sealed class Setting<T>(
    string name, string? variable, string description, T defaultValue, SettingParser<T> parser, string? defaultText = null,
    bool mayBeEmpty = false, string helpName = "value", string? alias = null, bool isSecret = false, string[]? choices = null)
    : Setting(
        name,
        MakeOption(name, alias, helpName, variable, $"{description} Takes {parser.Accepted}.", defaultText ?? Shown(defaultValue), choices),
        variable, parser.Accepted, mayBeEmpty)
{
    /// <summary>The value from option, variable or default.</summary>
    /// <exception cref="UsageException">The text that was given is not accepted.</exception>
    internal T Read(ParseResult result)
    {
        string? text = IsGiven(result) ? result.GetValue((Option<string>)Option) ?? "" : FromVariable();
        return text is null ? defaultValue : Parse(parser, Source(result), text, isSecret ? null : text);
    }

    private static string Shown(T value) => value switch
    {
        null => "none",
        bool isOn => isOn ? "on" : "off",
        TimeSpan time => time.TotalSeconds.ToString(CultureInfo.InvariantCulture),
        _ => $"{value}".ToLowerInvariant(),
    };

    private static Option<string> MakeOption(
        string name, string? alias, string helpName, string? variable, string description, string defaultText, string[]? choices)
    {
        string words = $"{description} [{(variable is null ? "" : variable + ", ")}default: {defaultText}]";
        Option<string> option = MakeOption<string>(name, alias, helpName, words, ArgumentArity.ExactlyOne);
        if (choices is not null)
        {
            option.CompletionSources.Add(choices);
        }

        return option;
    }
}

/// <summary>The texts that an option or variable takes, in words that complete "is not ...".</summary>
internal sealed record SettingParser<T>(string Accepted, SettingParser<T>.Reader TryParse)
{
    /// <summary>Reads a text.</summary>
    /// <returns>False when the text is not accepted.</returns>
    internal delegate bool Reader(string text, out T value);
}

/// <summary>The command line is wrong: one line on standard error, and exit code 2.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>An option that may be given any number of times, with a value each time.</summary>
/// <remarks>An error shows <paramref name="show"/> of a value that is not accepted, not yet escaped; null for nothing.</remarks>
internal sealed class RepeatedSetting<T>(
    string name, string? alias, string helpName, string description, SettingParser<T> parser, Func<string, string?>? show = null)
    : Setting(name, MakeOption<string[]>(name, alias, helpName, $"{description} Takes {parser.Accepted}.", ArgumentArity.OneOrMore), null, parser.Accepted, mayBeEmpty: false)
{
    /// <summary>The values, in the order given.</summary>
    /// <exception cref="UsageException">One of them is not accepted.</exception>
    internal IReadOnlyList<T> Read(ParseResult result) =>
        [.. (result.GetValue((Option<string[]>)Option) ?? []).Select(text => Parse(parser, Name, text, show is null ? text : show(text)))];
}
