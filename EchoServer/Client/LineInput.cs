using System.Buffers;
using System.Text.Unicode;
using System.Threading.Channels;
using EchoServer.Client.Output;
using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.WebSockets;

namespace EchoServer.Client;

/// <summary>Each line of a stream is a text message.</summary>
internal static class LineInput
{
    /// <summary>The longest line that is kept: what the client takes for a message from a server, too.</summary>
    internal const int MaxLineBytes = ClientConnection.MaxMessageBytes;

    // A pipe that is faster than the server has to wait.
    private const int MaxWaiting = 16;
    private const int BufferBytes = 64 * 1024;

    /// <summary>Standard input; without a line where it was closed, as by <c>&lt;&amp;-</c>.</summary>
    internal static Stream OpenStandardInput() => StandardStream.IsClosed(descriptor: 0) ? Stream.Null : Console.OpenStandardInput();

    /// <summary>Begins to read, on a thread of its own: standard input can only be waited for.</summary>
    /// <returns>The messages, which end with the stream; or with <see cref="InputFailedException"/> when it cannot be read, or a line is too long.</returns>
    internal static ChannelReader<ClientInput> Begin(Stream stream)
    {
        var channel = Channel.CreateBounded<ClientInput>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true, SingleWriter = true });
        new Thread(() => Read(stream, channel.Writer)) { IsBackground = true, Name = "input" }.Start();
        return channel.Reader;
    }

    private static void Read(Stream stream, ChannelWriter<ClientInput> writer)
    {
        var line = new ArrayBufferWriter<byte>();
        byte[] buffer = new byte[BufferBytes];
        bool hasNoted = false;
        InputFailedException? failure = null;
        try
        {
            int count;
            while ((count = stream.Read(buffer)) > 0)
            {
                ReadOnlySpan<byte> rest = buffer.AsSpan(0, count);
                for (int end = rest.IndexOf((byte)'\n'); end >= 0; end = rest.IndexOf((byte)'\n'))
                {
                    Append(line, rest[..end]);
                    Hand(writer, line, ref hasNoted);
                    rest = rest[(end + 1)..];
                }

                Append(line, rest);
            }

            if (line.WrittenCount > 0)
            {
                Hand(writer, line, ref hasNoted);
            }
        }
        catch (UnauthorizedAccessException)
        {
            // Not open for reading: nohup(1) replaces a terminal with such a standard input.
        }
        catch (IOException exception)
        {
            failure = new(new(
                $"standard input cannot be read: {EscapedText.From(exception.Message.AsSpan())}", "pass a file or a pipe that can be read, or messages as arguments"));
        }
        catch (InputFailedException exception)
        {
            failure = exception;
        }

        writer.Complete(failure);
    }

    private static void Append(ArrayBufferWriter<byte> line, ReadOnlySpan<byte> bytes)
    {
        if (line.WrittenCount + bytes.Length > MaxLineBytes)
        {
            throw new InputFailedException(new($"standard input has a line of more than {MaxLineBytes} bytes", "cut it into shorter lines"));
        }

        line.Write(bytes);
    }

    private static void Hand(ChannelWriter<ClientInput> writer, ArrayBufferWriter<byte> line, ref bool hasNoted)
    {
        ReadOnlySpan<byte> bytes = line.WrittenSpan;
        if (bytes.EndsWith("\r"u8))
        {
            bytes = bytes[..^1];
        }

        // RFC 6455 §5.6: a text is UTF-8, or the server has to fail the connection.
        bool isUtf8 = Utf8.IsValid(bytes);
        byte[] text = isUtf8 ? bytes.ToArray() : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes));
        if (!isUtf8 && !hasNoted)
        {
            hasNoted = true;
            StandardError.WriteLine("EchoServer: standard input is not UTF-8 everywhere: U+FFFD is sent in place of other bytes");
        }

        line.ResetWrittenCount();
        writer.WriteAsync(new ClientInput(Opcode.Text, text)).AsTask().GetAwaiter().GetResult();
    }
}

/// <summary>The input cannot be sent to its end.</summary>
internal sealed class InputFailedException(Fault fault) : Exception(fault.ToString())
{
    internal Fault Fault { get; } = fault;
}
