using EchoServer.Client.Output;
using EchoServer.Commands.Options;

namespace EchoServer.Commands;

/// <summary>The file of a chart: opened before the run, so that one that cannot be written is found then, and written at its end.</summary>
internal sealed class ChartFile(FileStream stream, bool isNew) : IDisposable
{
    private bool _isWritten;

    /// <summary>Opens the file that an option names. What it has is left alone until <see cref="TryWrite"/>.</summary>
    /// <exception cref="UsageException">It cannot be written.</exception>
    internal static ChartFile Open(Setting option, string file)
    {
        if (file == "-")
        {
            throw NamedFile.Refuse(option, file, "is standard output, which has the report");
        }

        bool isNew = !File.Exists(file);
        return new ChartFile(NamedFile.Open(option, file, "cannot be written", () => new FileStream(file, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 0)), isNew);
    }

    /// <summary>Writes the chart in one go, so that there is never a part of one.</summary>
    /// <returns>False when the disk is full, or the reader of a pipe is gone; that is printed.</returns>
    internal bool TryWrite(byte[] chart)
    {
        try
        {
            Empty();
            stream.Write(chart);
            _isWritten = true;
        }
        catch (IOException exception)
        {
            StandardError.WriteLine($"EchoServer: the chart cannot be written: {EscapedText.From(exception.Message.AsSpan())}");
            Empty();
        }

        return _isWritten;
    }

    /// <summary>Closes the file, and deletes it where nothing was written and it was not there before.</summary>
    public void Dispose()
    {
        stream.Dispose();
        if (isNew && !_isWritten)
        {
            File.Delete(stream.Name);
        }
    }

    private void Empty()
    {
        // Devices can seek and have no length.
        if (stream is { CanSeek: true, Length: > 0 })
        {
            stream.SetLength(0);
        }
    }
}
