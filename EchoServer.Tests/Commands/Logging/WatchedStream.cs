namespace EchoServer.Tests.Commands.Logging;

/// <summary>Keeps the log lines that are written to it, and can block the writer.</summary>
internal sealed class WatchedStream : MemoryStream
{
    private readonly ManualResetEventSlim _open = new(initialState: true);
    private readonly StringBuilder _text = new();
    private volatile bool _isBlocked;

    public int Writes { get; private set; }

    public bool IsBlocked => _isBlocked;

    public List<string> Lines
    {
        get
        {
            lock (_text)
            {
                return [.. _text.ToString().Split(Environment.NewLine)[..^1]];
            }
        }
    }

    public byte[] Bytes => Encoding.UTF8.GetBytes($"{_text}");

    public void Block() => _open.Reset();

    public void Release() => _open.Set();

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _isBlocked = !_open.IsSet;
        _open.Wait();
        _isBlocked = false;
        lock (_text)
        {
            Writes++;
            _text.Append(Encoding.UTF8.GetString(buffer));
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    // The writer of a test that failed must not wait for ever. The event stays whole for it.
    protected override void Dispose(bool disposing)
    {
        _open.Set();
        base.Dispose(disposing);
    }
}
