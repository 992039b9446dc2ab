using System.Text;
using EchoServer.Buffers;
using Microsoft.Win32.SafeHandles;

namespace EchoServer.Client.Output;

/// <summary>Standard output that notices the end of its reader, as behind <c>| head</c>.</summary>
/// <remarks>
/// The runtime's own stream goes on as if nothing were. Programs that do not ignore SIGPIPE end then; the runtime does ignore it.
/// Not thread-safe.
/// </remarks>
internal sealed class StandardOutput : SequentialStream
{
    private const int Descriptor = 1;

    // pipe(7): so much goes into a pipe whole or, where it does not block, not at all.
    private const int AtOnce = 4096;

    private static readonly TimeSpan FullPause = TimeSpan.FromMilliseconds(5);

    private readonly FileStream _pipe;
    private readonly TaskCompletionSource _readerGone = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private StandardOutput(FileStream pipe) => _pipe = pipe;

    public override bool CanRead => false;

    public override bool CanWrite => true;

    /// <summary>Opens it.</summary>
    /// <param name="onReaderGone">Called once, on any thread, when the reader has ended. Later output is lost.</param>
    internal static Stream Open(Action onReaderGone)
    {
        // Files have no reader, and a position that they share with others.
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected || OpenPipe() is not FileStream pipe)
        {
            return Console.OpenStandardOutput();
        }

        var output = new StandardOutput(pipe);
        _ = output._readerGone.Task.ContinueWith(_ => onReaderGone(), TaskScheduler.Default);
        return output;
    }

    /// <summary>Opens it for text in UTF-8, each line of which goes out at once.</summary>
    internal static TextWriter OpenText(Action onReaderGone) => OperatingSystem.IsWindows()
        ? Console.Out
        : new StreamWriter(Open(onReaderGone), new UTF8Encoding(false)) { NewLine = "\n", AutoFlush = true };

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty && !_readerGone.Task.IsCompleted)
        {
            ReadOnlySpan<byte> piece = buffer[..Math.Min(buffer.Length, AtOnce)];
            try
            {
                _pipe.Write(piece);
                buffer = buffer[piece.Length..];
            }
            catch (IOException exception) when (IsFull(exception))
            {
                Thread.Sleep(FullPause);
            }
            catch (IOException)
            {
                _readerGone.TrySetResult();
            }
        }
    }

    public override void Flush()
    {
        // Nothing is kept.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <returns>Null when it is not a pipe, or is closed.</returns>
    private static FileStream? OpenPipe()
    {
        try
        {
            var stream = new FileStream(new SafeFileHandle(Descriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            return stream.CanSeek ? null : stream;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>EAGAIN: another process has made the pipe non-blocking.</summary>
    private static bool IsFull(IOException exception) => exception.HResult == (OperatingSystem.IsLinux() ? 11 : 35);
}
