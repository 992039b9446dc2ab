using System.Threading.Channels;
using EchoServer.WebSockets;

namespace EchoServer.Client.Terminal;

/// <summary>What a person types at the prompt.</summary>
internal static class TerminalInput
{
    // Lines typed while there is no connection wait for the next one.
    private const int MaxWaiting = 64;

    /// <summary>Begins to read keys, on a thread of its own: they can only be waited for.</summary>
    /// <returns>The input, which ends with Ctrl-D.</returns>
    internal static ChannelReader<ClientInput> Begin(TerminalScreen screen, Action<string> print)
    {
        var channel = Channel.CreateBounded<ClientInput>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true, SingleWriter = true });

        // From now on the terminal does not echo keys itself.
        _ = Console.KeyAvailable;
        new Thread(() => Read(screen, print, channel.Writer)) { IsBackground = true, Name = "keys" }.Start();
        return channel.Reader;
    }

    private static void Read(TerminalScreen screen, Action<string> print, ChannelWriter<ClientInput> writer)
    {
        try
        {
            while (true)
            {
                EditResult result = screen.Apply(ReadKey(), out string line);
                if (result == EditResult.EndOfInput)
                {
                    break;
                }

                // An empty line is not sent: users press Enter to see whether the program still answers.
                if (result == EditResult.Finished && line.Length > 0 && !Hand(PromptCommand.Parse(line), print, writer))
                {
                    break;
                }
            }
        }
        catch (Exception exception) when (exception is InvalidOperationException or IOException)
        {
            // The terminal is gone.
        }

        writer.Complete();
    }

    /// <summary>Reads a key, of those too that the runtime takes for an Escape and other keys: see <see cref="KeypadMode"/>.</summary>
    /// <remarks>A key with Alt is an Escape and the key. The runtime knows that where nothing follows; keys can come in one go.</remarks>
    private static ConsoleKeyInfo ReadKey()
    {
        ConsoleKeyInfo key = Console.ReadKey(intercept: true);
        if (key.Key != ConsoleKey.Escape || !Console.KeyAvailable)
        {
            return key;
        }

        key = Console.ReadKey(intercept: true);
        return key.KeyChar == '['
            ? new('\0', ReadSequence(), shift: false, alt: false, control: false)
            : new(key.KeyChar, key.Key, key.Modifiers.HasFlag(ConsoleModifiers.Shift), alt: true, key.Modifiers.HasFlag(ConsoleModifiers.Control));
    }

    /// <summary>ECMA-48 §5.4: parameters, and a last character from 4/0 to 7/14 that says which key it is.</summary>
    private static ConsoleKey ReadSequence()
    {
        char last = '\0';
        while (last is < '@' or > '~' && Console.KeyAvailable)
        {
            last = Console.ReadKey(intercept: true).KeyChar;
        }

        return last switch
        {
            'A' => ConsoleKey.UpArrow,
            'B' => ConsoleKey.DownArrow,
            'C' => ConsoleKey.RightArrow,
            'D' => ConsoleKey.LeftArrow,
            'F' => ConsoleKey.End,
            'H' => ConsoleKey.Home,
            _ => ConsoleKey.None,
        };
    }

    /// <returns>False when nothing can follow.</returns>
    private static bool Hand(PromptCommand command, Action<string> print, ChannelWriter<ClientInput> writer)
    {
        if (command.Answer is not null)
        {
            print(command.Answer);
        }

        if (command.Input is ClientInput input)
        {
            writer.WriteAsync(input).AsTask().GetAwaiter().GetResult();
        }

        return command.Input?.Opcode != Opcode.Close;
    }
}
