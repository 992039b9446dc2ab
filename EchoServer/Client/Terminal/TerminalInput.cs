using System.Threading.Channels;
using EchoServer.Connect;
using EchoServer.WebSockets;

namespace EchoServer.Client.Terminal;

/// <summary>What a person types at the prompt.</summary>
internal static class TerminalInput
{
    // Lines typed while there is no connection wait for the next one.
    private const int MaxWaiting = 64;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);

    /// <summary>Begins to read keys, on a thread of its own: they can only be waited for.</summary>
    /// <param name="screen">Shows the line that is typed.</param>
    /// <param name="print">Shows a line above it.</param>
    /// <param name="left">Complete after Ctrl-D or <c>/close</c>, when no key is read any more.</param>
    /// <returns>The input, which ends then, and with the last line before it.</returns>
    internal static ChannelReader<ClientInput> Begin(TerminalScreen screen, Action<string> print, out Task left)
    {
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        left = end.Task;
        var channel = Channel.CreateBounded<ClientInput>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true, SingleWriter = true });

        // From now on the terminal does not echo keys itself.
        _ = Console.KeyAvailable;
        new Thread(() =>
        {
            Read(screen, print, channel.Writer);
            end.SetResult();
        })
        { IsBackground = true, Name = "keys" }.Start();
        return channel.Reader;
    }

    private static void Read(TerminalScreen screen, Action<string> print, ChannelWriter<ClientInput> writer)
    {
        bool isTab = false;
        var keys = new KeyReader(ReadKey, screen.NotePasting);
        try
        {
            while (true)
            {
                ConsoleKeyInfo key = keys.Read(out string? pasted);
                if (pasted is not null)
                {
                    screen.Paste(pasted);
                    continue;
                }

                bool isSecondTab = isTab;
                isTab = key.KeyChar == '\t' && key.Modifiers == ConsoleModifiers.None;
                if (isTab && FileNames.Of(screen.BeforeCursor) is FileNames names)
                {
                    Complete(names, isSecondTab, screen, print);
                    continue;
                }

                EditResult result = screen.Apply(key, out string line);

                // An empty line is not sent: users press Enter to see whether the program still answers.
                if (result == EditResult.EndOfInput ||
                    (result == EditResult.Finished && line.Length > 0 && !Hand(PromptCommand.Parse(line), print, writer)))
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

    /// <returns>Null when no key comes within the time.</returns>
    private static ConsoleKeyInfo? ReadKey(TimeSpan patience)
    {
        var deadline = Deadline.In(patience);
        while (patience != Timeout.InfiniteTimeSpan && !Console.KeyAvailable)
        {
            if (deadline.Left == TimeSpan.Zero)
            {
                return null;
            }

            Thread.Sleep(Look);
        }

        return Console.ReadKey(intercept: true);
    }

    /// <summary>Types what all names have in common; a second Tab lists them.</summary>
    private static void Complete(FileNames names, bool isSecondTab, TerminalScreen screen, Action<string> print)
    {
        if (names.Addition.Length > 0)
        {
            screen.Paste(names.Addition);
        }
        else if (isSecondTab && names.Names.Count > 1)
        {
            print(names.Describe());
        }
    }

    /// <returns>False when nothing can follow.</returns>
    private static bool Hand(PromptCommand command, Action<string> print, ChannelWriter<ClientInput> writer)
    {
        if (command.Answer is not null)
        {
            print(command.Answer);
        }

        if (command.Input is ClientInput input && !writer.TryWrite(input))
        {
            print($"{MaxWaiting} messages wait: no key is read until one of them is sent");
            writer.WriteAsync(input).AsTask().GetAwaiter().GetResult();
        }

        return command.Input?.Opcode != Opcode.Close;
    }
}
