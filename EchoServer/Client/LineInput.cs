using System.Buffers;
using System.Text;
using System.Text.Unicode;
using System.Threading.Channels;
using EchoServer.Connect;
using EchoServer.Text;
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

    // O_CLOEXEC, as proc_pid_fdinfo(5) shows it, on every architecture that the runtime has.
    private const int CloseOnExec = 0x80000;

    /// <summary>Standard input; without a line where it was closed, as by <c>&lt;&amp;-</c>.</summary>
    internal static Stream OpenStandardInput() => OperatingSystem.IsLinux() && IsTaken() ? Stream.Null : Console.OpenStandardInput();

    /// <summary>Begins to read, on a thread of its own: standard input can only be waited for.</summary>
    /// <returns>The messages, which end with the stream; or with <see cref="InvalidDataException"/> when a line is too long.</returns>
    internal static ChannelReader<ClientInput> Begin(Stream stream)
    {
        var channel = Channel.CreateBounded<ClientInput>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true, SingleWriter = true });
        new Thread(() => Read(stream, channel.Writer)) { IsBackground = true, Name = "input" }.Start();
        return channel.Reader;
    }

    /// <summary>Whether descriptor 0 was closed, and the runtime has taken it: an inherited descriptor has no close-on-exec flag.</summary>
    private static bool IsTaken()
    {
        try
        {
            string? flags = File.ReadLines("/proc/self/fdinfo/0").FirstOrDefault(line => line.StartsWith("flags:", StringComparison.Ordinal));
            return flags is not null && (Convert.ToInt32(flags["flags:".Length..].Trim(), 8) & CloseOnExec) != 0;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException or OverflowException)
        {
            return false;
        }
    }

    private static void Read(Stream stream, ChannelWriter<ClientInput> writer)
    {
        var line = new ArrayBufferWriter<byte>();
        byte[] buffer = new byte[BufferBytes];
        try
        {
            int count;
            while ((count = stream.Read(buffer)) > 0)
            {
                ReadOnlySpan<byte> rest = buffer.AsSpan(0, count);
                for (int end = rest.IndexOf((byte)'\n'); end >= 0; end = rest.IndexOf((byte)'\n'))
                {
                    Append(line, rest[..end]);
                    Hand(writer, line);
                    rest = rest[(end + 1)..];
                }

                Append(line, rest);
            }

            if (line.WrittenCount > 0)
            {
                Hand(writer, line);
            }

            writer.Complete();
        }
        catch (IOException exception)
        {
            writer.Complete(new InvalidDataException($"standard input cannot be read: {EscapedText.From(exception.Message.AsSpan())}"));
        }
        catch (InvalidDataException exception)
        {
            writer.Complete(exception);
        }
    }

    private static void Append(ArrayBufferWriter<byte> line, ReadOnlySpan<byte> bytes)
    {
        if (line.WrittenCount + bytes.Length > MaxLineBytes)
        {
            throw new InvalidDataException($"standard input has a line of more than {MaxLineBytes} bytes");
        }

        line.Write(bytes);
    }

    private static void Hand(ChannelWriter<ClientInput> writer, ArrayBufferWriter<byte> line)
    {
        ReadOnlySpan<byte> bytes = line.WrittenSpan;
        if (bytes.EndsWith("\r"u8))
        {
            bytes = bytes[..^1];
        }

        // RFC 6455 §5.6: a text is UTF-8, or the server has to fail the connection.
        byte[] text = Utf8.IsValid(bytes) ? bytes.ToArray() : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes));
        line.ResetWrittenCount();
        writer.WriteAsync(new ClientInput(Opcode.Text, text)).AsTask().GetAwaiter().GetResult();
    }
}
