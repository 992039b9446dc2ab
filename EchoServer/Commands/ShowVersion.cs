using System.CommandLine;
using System.CommandLine.Invocation;

namespace EchoServer.Commands;

/// <summary><c>--version</c>, in the words of <c>/info</c> and of the image's labels; the library would show the assembly's attribute.</summary>
internal sealed class ShowVersion : SynchronousCommandLineAction
{
    /// <summary>Makes it what the library's option does.</summary>
    internal static void UseFor(RootCommand root) => root.Options.OfType<VersionOption>().Single().Action = new ShowVersion();

    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.WriteLine($"{Build.Description}{Environment.NewLine}{Build.Licence}");
        return ExitCode.Fine;
    }
}
