using System.CommandLine;

namespace EchoServer.Commands.Options;

/// <summary>An option that may be given any number of times, with a value each time.</summary>
/// <remarks>An error shows <paramref name="show"/> of a value that is not accepted, not yet escaped; null for nothing.</remarks>
internal sealed class RepeatedSetting<T>(
    string name, string? alias, string helpName, string description, SettingParser<T> parser, Func<string, string?>? show = null)
    : Setting(name, MakeOption(name, alias, helpName, $"{description} Takes {parser.Accepted}."), null, parser.Accepted, mayBeEmpty: false)
{
    /// <summary>The values, in the order given.</summary>
    /// <exception cref="UsageException">One of them is not accepted.</exception>
    internal IReadOnlyList<T> Read(ParseResult result) =>
        [.. (result.GetValue((Option<string[]>)Option) ?? []).Select(text => Parse(parser, Name, text, show is null ? text : show(text)))];

    private static Option<string[]> MakeOption(string name, string? alias, string helpName, string description) => new(name, alias is null ? [] : [alias])
    {
        Description = description,
        HelpName = helpName,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };
}
