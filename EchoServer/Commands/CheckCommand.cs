using System.CommandLine;
using EchoServer.Check;
using EchoServer.Check.Wire;
using EchoServer.Client;

namespace EchoServer.Commands;

/// <summary><c>EchoServer check</c>: does WebSocket work through here, and if not, why.</summary>
internal static class CheckCommand
{
    /// <summary>For the help text.</summary>
    internal const string Description =
        """
        Check whether WebSockets work through a landscape, and name the cause if not.

        Probes in order, one line each: URL, DNS, TCP, TLS, plain HTTP, upgrade, then the
        conversation itself. Works against any echo server. Exit code 0 means that
        nothing failed; warnings count only with --strict.
        """;

    /// <summary>For the help text.</summary>
    internal const string Examples =
        """
        # Everything, with a minute and more of silence for the load balancer:
        EchoServer check wss://myapp.example.org --idle 70
        # For a health check: connect, one echo, close, and nothing printed:
        EchoServer check --quick ws://localhost:8080/raw
        """;

    /// <summary>Runs the check.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="url">Where to.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="UsageException">An option has a value that is not accepted.</exception>
    internal static async Task<int> RunAsync(ParseResult result, string url)
    {
        ConnectionOptions options = ConnectionSettings.Read(result, url);
        if (result.GetValue(CheckSettings.Quick))
        {
            return await RunQuickAsync(options).ConfigureAwait(false);
        }

        throw new UsageException("check: only --quick is there yet");
    }

    private static async Task<int> RunQuickAsync(ConnectionOptions options)
    {
        try
        {
            await QuickCheck.RunAsync(options, CancellationToken.None).ConfigureAwait(false);
            return ExitCode.Fine;
        }
        catch (ProbeException exception)
        {
            string shownUrl = EscapedText.From(options.Url.AbsoluteUri.AsSpan());
            await Console.Error.WriteLineAsync($"EchoServer: {shownUrl}: {exception.Diagnosis}").ConfigureAwait(false);
            return ExitCode.Failed;
        }
    }
}
