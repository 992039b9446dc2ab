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

    /// <summary>Reads a key. One with Alt begins with an Escape, which the runtime does not see to when more keys come in one go.</summary>
    private static ConsoleKeyInfo ReadKey()
    {
        ConsoleKeyInfo key = Console.ReadKey(intercept: true);
        if (key.Key != ConsoleKey.Escape || !Console.KeyAvailable)
        {
            return key;
        }

        key = Console.ReadKey(intercept: true);
        if (key.KeyChar == '[')
        {
            SkipSequence();
        }

        ConsoleModifiers others = key.Modifiers;
        return new(key.KeyChar, key.Key, others.HasFlag(ConsoleModifiers.Shift), alt: true, others.HasFlag(ConsoleModifiers.Control));
    }

    /// <summary>ECMA-48 §5.4: the rest of a control sequence that the runtime does not know; its last character is 4/0 to 7/14.</summary>
    private static void SkipSequence()
    {
        while (Console.KeyAvailable && Console.ReadKey(intercept: true).KeyChar is < '@' or > '~')
        {
            // A parameter.
        }
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
