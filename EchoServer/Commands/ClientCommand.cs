using System.Threading.Channels;
using EchoServer.Client;
using EchoServer.Client.Output;
using EchoServer.Client.Terminal;
using EchoServer.WebSockets;

namespace EchoServer.Commands;

/// <summary><c>EchoServer client</c>: talks to a WebSocket server, for a person, a pipe, or with the messages it is given.</summary>
internal static class ClientCommand
{
    internal const string Description =
        """
        Talk to a WebSocket server, from a terminal, a pipe or a script.

        On a terminal each line that is typed is sent; /help lists other commands.
        In a pipe each line of standard input is a message, and each message a line
        of standard output. Messages that are arguments are sent, and shown with
        their echoes.

        Exit codes: 0 fine, 1 the connection failed or broke, 2 wrong usage, 3 the
        server closed with another code than 1000 or 1001.
        """;

    internal const string Examples =
        """
        # Type messages:
        EchoServer client wss://echo.example.com
        # One line in, one line out:
        echo hi | EchoServer client wss://echo.example.com/raw
        # Two messages and their echoes, with a token of the app:
        EchoServer client wss://echo.example.com one two -H "X-Token: abc"
        """;

    /// <summary>Runs it. Returns the exit code.</summary>
    internal static async Task<int> RunAsync(ClientOptions options)
    {
        using var stop = new StopSignal();
        using StandardStream output = StandardStream.OpenOutput(stop.Stop);
        return output.EndWith(await RunAsync(options, output, stop.Token).ConfigureAwait(false));
    }

    private static async Task<int> RunAsync(ClientOptions options, StandardStream output, CancellationToken stop)
    {
        if (options.IsJson || options.Messages.Count > 0)
        {
            ClientOutput shown = options.IsJson ? new JsonOutput(options, output) : new TranscriptOutput(options, output.Text());
            return await RunAsync(options, shown, stop).ConfigureAwait(false);
        }

        if (IsInteractive())
        {
            return await TalkAsync(options, output, stop).ConfigureAwait(false);
        }

        using var lines = new LineOutput(options, output);
        return await RunAsync(options, lines, stop).ConfigureAwait(false);
    }

    /// <summary>With messages as arguments, or from standard input.</summary>
    private static Task<int> RunAsync(ClientOptions options, ClientOutput output, CancellationToken stop)
    {
        ChannelReader<ClientInput> input = options.NeedsEchoes ? ReadMessages(options.Messages) : LineInput.Begin(LineInput.OpenStandardInput());
        return new ClientSession(options, output).RunAsync(input, input.Completion, stop);
    }

    /// <summary>With a person.</summary>
    private static async Task<int> TalkAsync(ClientOptions options, StandardStream terminal, CancellationToken stop)
    {
        using var screen = new TerminalScreen(terminal);
        var output = new TerminalOutput(options, screen, hasColours: string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")));
        ChannelReader<ClientInput> input = TerminalInput.Begin(screen, output.Answer, out Task left);
        return await new ClientSession(options with { Wait = TimeSpan.Zero }, output).RunAsync(input, left, stop).ConfigureAwait(false);
    }

    private static ChannelReader<ClientInput> ReadMessages(IReadOnlyList<string> messages)
    {
        var channel = Channel.CreateUnbounded<ClientInput>();
        foreach (string message in messages)
        {
            channel.Writer.TryWrite(new ClientInput(Opcode.Text, Encoding.UTF8.GetBytes(message)));
        }

        channel.Writer.Complete();
        return channel.Reader;
    }

    /// <summary>Whether input and output are a terminal that can move its cursor.</summary>
    internal static bool IsInteractive() =>
        !Console.IsInputRedirected && !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb";
}
