using System.CommandLine;

namespace EchoServer.Commands.Options;

/// <summary>A command with an example of its use, for the help text.</summary>
/// <param name="name">What it is called.</param>
/// <param name="description">What it does; its first line stands in the list of commands, an empty line begins a paragraph.</param>
/// <param name="examples">One or more command lines; lines that begin with <c>#</c> explain the next.</param>
internal sealed class DocumentedCommand(string name, string description, string examples) : Command(name, description)
{
    /// <summary>The command lines.</summary>
    internal string Examples { get; } = examples;
}
