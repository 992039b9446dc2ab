using EchoServer.Client;
using EchoServer.Client.Output;

namespace EchoServer.Commands.Options;

/// <summary>Opens the files that options name, and reads them. An error names the file's flaw.</summary>
internal static class NamedFile
{
    // A named pipe without another end never opens, and one that stays open never ends.
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(10);

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="UsageException">It cannot be read, or is not smaller than the limit.</exception>
    internal static byte[] Read(Setting option, string file, int maxBytes)
    {
        byte[] bytes = Open(option, file, "cannot be read", () => ReadBytes(File.OpenRead(file), maxBytes));
        return Limit(option, file, bytes, maxBytes);
    }

    /// <summary>Reads a whole file, or standard input for <c>-</c>.</summary>
    /// <inheritdoc cref="Read"/>
    internal static byte[] ReadOrStandardInput(Setting option, string file, int maxBytes)
    {
        if (file != "-")
        {
            return Read(option, file, maxBytes);
        }

        try
        {
            return Limit(option, file, ReadBytes(LineInput.OpenStandardInput(), maxBytes), maxBytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Refuse(option, file, "cannot be read");
        }
    }

    /// <summary>Opens a file. The failure says what cannot be done with it, for the error.</summary>
    /// <exception cref="UsageException">It cannot be opened.</exception>
    internal static T Open<T>(Setting option, string file, string failure, Func<T> open)
    {
        if (Directory.Exists(file))
        {
            throw Refuse(option, file, "is a directory");
        }

        // The runtime may have taken the descriptor of a standard input that was closed, as by <&-: its name then opens another file.
        if (file is "/dev/stdin" or "/dev/fd/0" or "/proc/self/fd/0" && StandardStream.IsClosed(descriptor: 0))
        {
            throw Refuse(option, file, "is closed");
        }

        Task<T> opening = Task.Run(open);
        try
        {
            return opening.Wait(MaxWait) ? opening.Result : throw Refuse(option, file, $"has no end after {Times.Seconds(MaxWait)}");
        }
        catch (AggregateException exception)
        {
            throw Refuse(option, file, exception.InnerException switch
            {
                FileNotFoundException => "does not exist",
                DirectoryNotFoundException => Path.GetDirectoryName(file) is { Length: > 0 } folder && !Directory.Exists(folder) ? "is in a folder that does not exist" : "does not exist",
                UnauthorizedAccessException => $"{failure}: permission denied",
                PathTooLongException => "has a name that is too long",
                IOException => $"{failure}: it is not an ordinary file, or its disk is full, read-only or damaged",
                _ => "is not the name of a file",
            });
        }
    }

    internal static UsageException Refuse(Setting option, string file, string flaw) =>
        new($"{option.Name}: '{EscapedText.From(file.AsSpan())}' {flaw}; it takes {option.Accepted}");

    private static byte[] Limit(Setting option, string file, byte[] bytes, int maxBytes) =>
        bytes.Length < maxBytes ? bytes : throw Refuse(option, file, $"is larger than {maxBytes} bytes");

    /// <summary>Reads a stream, at most so many bytes of it, and closes it.</summary>
    private static byte[] ReadBytes(Stream stream, int maxBytes)
    {
        using (stream)
        {
            byte[] bytes = new byte[maxBytes];
            return bytes[..stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
        }
    }
}
