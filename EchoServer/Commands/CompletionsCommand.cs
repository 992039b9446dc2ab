using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Help;
using EchoServer.Commands.Options;

namespace EchoServer.Commands;

/// <summary><c>EchoServer completions</c>: prints a script that has a shell complete commands, options, values and files with Tab.</summary>
/// <remarks>The script has the names in it, so that the shell does not start the program for each Tab.</remarks>
internal static class CompletionsCommand
{
    internal const string Description =
        """
        Print a script that completes EchoServer's command lines in bash or zsh.

        It is for the programs EchoServer and echo-server, wherever they are.
        """;

    internal const string Examples =
        """
        # In ~/.bashrc:
        source <(EchoServer completions bash)
        # In ~/.zshrc:
        source <(EchoServer completions zsh)
        """;

    internal static readonly Argument<string> Shell = new("shell") { Description = "The shell: bash or zsh.", CompletionSources = { "bash", "zsh" } };

    // Of both shells: the words before the one to complete say which command and, perhaps, option it belongs to.
    private const string Reading =
        """
        _echo_server_read() {
          local word
          command='' option='' literal=''
          for word in "$@"; do
            if [[ -n $option ]]; then
              [[ $word == '=' ]] || option=''
            elif [[ $word == -- ]]; then
              literal=yes
            elif [[ $word == -* ]]; then
              _echo_server_values "$command" "$word"
              [[ -z $values ]] || option=$word
            elif [[ -z $command ]]; then
              command=$word
            fi
          done
        }

        """;

    private const string Bash =
        """
        _echo_server() {
          local command option literal names subcommands values word=${COMP_WORDS[COMP_CWORD]}
          COMPREPLY=()
          _echo_server_read "${COMP_WORDS[@]:1:COMP_CWORD-1}"
          # The equals sign of --option=value is a word of its own.
          [[ $word != '=' ]] || word=''
          [[ -z $literal ]] || return 0
          if [[ -z $option ]]; then
            _echo_server_names "$command"
            [[ -n $command || $word == -* ]] || names=$subcommands
            COMPREPLY=($(compgen -W "$names" -- "$word"))
            return 0
          fi
          _echo_server_values "$command" "$option"
          if [[ $values == file ]]; then
            # Readline quotes the names, so that they are compared without quotes.
            word=${word#[\"\']}
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "${word//\\/}")
          elif [[ $values != any ]]; then
            COMPREPLY=($(compgen -W "$values" -- "$word"))
          fi
        }
        complete -F _echo_server EchoServer echo-server

        """;

    private const string Zsh =
        """
        _echo_server() {
          local command option literal names subcommands values
          _echo_server_read "${(@)words[2,CURRENT-1]}"
          [[ -z $literal ]] || return 0
          if [[ -z $option && $PREFIX == -*=* ]]; then
            option=${PREFIX%%=*}
            compset -P '*='
          fi
          if [[ -z $option ]]; then
            _echo_server_names "$command"
            [[ -n $command || $PREFIX == -* ]] || names=$subcommands
            compadd -- ${=names}
            return
          fi
          _echo_server_values "$command" "$option"
          if [[ $values == file ]]; then
            _files
          elif [[ $values != any ]]; then
            compadd -- ${=values}
          fi
        }
        (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
        compdef _echo_server EchoServer echo-server

        """;

    /// <summary>Prints the script. Returns the exit code.</summary>
    internal static int Run(ParseResult result)
    {
        string shell = result.GetRequiredValue(Shell);
        string body = shell switch
        {
            "bash" => Bash,
            "zsh" => Zsh,
            _ => throw new UsageException($"shell: '{ShownValue.Of(shell)}' is not bash or zsh"),
        };
        result.InvocationConfiguration.Output.Write(Write(result.RootCommandResult.Command, shell, body));
        return ExitCode.Fine;
    }

    private static string Write(Command root, string shell, string body)
    {
        // The program without a command has the options of serve.
        Command[] all = [root, .. root.Subcommands];
        var script = new StringBuilder($"# Completes EchoServer's command lines in {shell}: source <(EchoServer completions {shell})\n");
        script.Append("_echo_server_names() {\n");
        script.Append($"  subcommands='{string.Join(' ', root.Subcommands.Select(command => command.Name))}'\n  case \"$1\" in\n");
        foreach (Command command in all)
        {
            IEnumerable<string> values = command.Arguments.SelectMany(argument => Completions(argument.CompletionSources));
            script.Append($"    '{NameOf(command)}') names='{string.Join(' ', values.Concat(CommandLineErrors.Options(command).SelectMany(Names)))}' ;;\n");
        }

        script.Append("    *) names='' ;;\n  esac\n}\n_echo_server_values() {\n  case \"$1 $2\" in\n");
        foreach (Command command in all)
        {
            foreach (IGrouping<string, Option> alike in CommandLineErrors.Options(command).Where(option => option is not (Option<bool> or HelpOption or VersionOption)).GroupBy(Values))
            {
                string patterns = string.Join('|', alike.SelectMany(Names).Select(name => $"'{NameOf(command)} {name}'"));
                script.Append($"    {patterns}) values='{alike.Key}' ;;\n");
            }
        }

        return script.Append("    *) values='' ;;\n  esac\n}\n").Append(Reading).Append(body).ToString();

        string NameOf(Command command) => command == root ? "" : command.Name;
    }

    /// <summary>Returns all values of an option, or a word for files, or one for values that are not known.</summary>
    private static string Values(Option option) =>
        option.HelpName == "file" ? "file" : string.Join(' ', Completions(option.CompletionSources)) is { Length: > 0 } words ? words : "any";

    private static IEnumerable<string> Completions(ICollection<Func<CompletionContext, IEnumerable<CompletionItem>>> sources) =>
        sources.SelectMany(source => source(CompletionContext.Empty)).Select(item => item.Label);

    /// <summary>Returns the names of an option, without those that a shell takes for a pattern.</summary>
    private static IEnumerable<string> Names(Option option) =>
        option.Aliases.Prepend(option.Name).Distinct().Where(name => !name.Contains('?', StringComparison.Ordinal));
}
