using System.CommandLine;

namespace EchoServer.Commands.Options;

/// <summary>A command with an example of its use, for the help text.</summary>
/// <remarks>The first line of the description stands in the list of commands, an empty line begins a paragraph. Of the examples, lines that begin with
/// <c>#</c> explain the next.</remarks>
internal sealed class DocumentedCommand(string name, string description, string examples) : Command(name, description)
{
    internal string Examples { get; } = examples;
}
