using System.Runtime.InteropServices;
using EchoServer.Buffers;
using EchoServer.Transport;
using Microsoft.Win32.SafeHandles;

namespace EchoServer.Client.Output;

/// <summary>Standard output or standard error. A write never throws: after the first one that fails, output is lost.</summary>
/// <remarks>
/// <para>Written by descriptor, with write(2). The runtime's own stream needs all standard streams to be open, ignores the end of a reader,
/// and sends control sequences to a terminal. A <see cref="FileStream"/> keeps a position of its own, which other writers of the file
/// do not see.</para>
/// <para>Not thread-safe.</para>
/// </remarks>
internal sealed class StandardStream : SequentialStream
{
    private const int OutputDescriptor = 1;
    private const int ErrorDescriptor = 2;

    // pipe(7): so much goes into a pipe whole or, where it does not block, not at all.
    private const int AtOnce = 4096;

    private const int EAgainOfMacOS = 35;

    private static readonly TimeSpan FullPause = TimeSpan.FromMilliseconds(5);

    private readonly int _descriptor;
    private readonly SafeFileHandle _handle;
    private readonly Stream? _console;
    private readonly Action _onEnd;
    private volatile bool _hasEnded;
    private bool? _isClosed;
    private string? _flaw;

    private StandardStream(int descriptor, Action onEnd)
    {
        _descriptor = descriptor;
        _onEnd = onEnd;
        _handle = new SafeFileHandle(descriptor, ownsHandle: false);
        _console = !OperatingSystem.IsWindows() ? null : descriptor == OutputDescriptor ? Console.OpenStandardOutput() : Console.OpenStandardError();
    }

    public override bool CanRead => false;

    public override bool CanWrite => true;

    /// <summary>Opens standard output.</summary>
    /// <param name="onEnd">Called once, on any thread, when nothing more can be written: the reader has ended, as behind <c>| head</c>, or a write failed.</param>
    internal static StandardStream OpenOutput(Action? onEnd = null) => new(OutputDescriptor, onEnd ?? (() => { }));

    internal static StandardStream OpenError() => new(ErrorDescriptor, () => { });

    /// <summary>Whether a standard stream was closed when the process began, as by <c>&gt;&amp;-</c>.</summary>
    /// <remarks>The runtime may have taken its descriptor since. An inherited one has no close-on-exec flag.</remarks>
    internal static bool IsClosed(int descriptor)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        try
        {
            string? flags = File.ReadLines($"/proc/self/fdinfo/{descriptor}").FirstOrDefault(line => line.StartsWith("flags:", StringComparison.Ordinal));
            return flags is not null && (Convert.ToInt32(flags["flags:".Length..].Trim(), 8) & Libc.CloseOnExec) != 0;
        }
        catch (FileNotFoundException)
        {
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException or OverflowException)
        {
            // There is no /proc.
            return false;
        }
    }

    /// <summary>Whether nothing more can be written.</summary>
    internal bool HasEnded => _hasEnded;

    /// <summary>A writer of text in UTF-8, each line of which goes out at once.</summary>
    internal TextWriter Text() => OperatingSystem.IsWindows()
        ? Console.Out
        : new StreamWriter(this, new UTF8Encoding(false)) { NewLine = "\n", AutoFlush = true };

    /// <summary>Ends a command: where its output was lost, a line on standard error says why.</summary>
    /// <returns>The exit code: the command's own, or 1 where its output was lost.</returns>
    internal int EndWith(int exitCode) => _flaw is null ? exitCode : StandardError.Fail(_flaw);

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (!buffer.IsEmpty && !_hasEnded && (_isClosed ??= IsClosed(_descriptor)))
        {
            End("standard output is closed");
        }

        while (!buffer.IsEmpty && !_hasEnded)
        {
            buffer = buffer[WriteSome(buffer[..Math.Min(buffer.Length, AtOnce)])..];
        }
    }

    public override void Flush()
    {
        // Nothing is kept.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <returns>How many bytes were written.</returns>
    private unsafe int WriteSome(ReadOnlySpan<byte> bytes)
    {
        if (_console is not null)
        {
            return WriteToConsole(_console, bytes);
        }

        nint written;
        fixed (byte* start = bytes)
        {
            written = Libc.Write(_handle, start, bytes.Length);
        }

        if (written >= 0)
        {
            return (int)written;
        }

        int error = Marshal.GetLastPInvokeError();
        if (error == (OperatingSystem.IsLinux() ? Libc.EAgain : EAgainOfMacOS))
        {
            // Another process has made the pipe non-blocking.
            Thread.Sleep(FullPause);
        }
        else if (error != Libc.EInterrupted)
        {
            End(error == Libc.EPipe ? null : $"standard output cannot be written: {Marshal.GetPInvokeErrorMessage(error)}");
        }

        return 0;
    }

    private int WriteToConsole(Stream console, ReadOnlySpan<byte> bytes)
    {
        try
        {
            console.Write(bytes);
        }
        catch (IOException exception)
        {
            End($"standard output cannot be written: {exception.Message}");
        }

        return bytes.Length;
    }

    private void End(string? flaw)
    {
        _flaw = flaw;
        _hasEnded = true;
        _ = Task.Run(_onEnd);
    }
}
