namespace EchoServer.Server;

/// <summary>How much a connection may do in one go, so that one flood cannot keep an I/O thread from its other connections.</summary>
/// <remarks>
/// At the end of its slice the connection goes to the back of its I/O thread's queue. A mutable value of the connection's loop; any
/// thread may read <see cref="IsHeldUp"/>.
/// </remarks>
internal struct TimeSlice
{
    private const int MaxReceives = 16;
    private const int MaxBytes = 2 * ServerOptions.ReceiveBytes;

    // Compression counts by its work (PerMessageDeflate.Work): a few received bytes can become a thousand times as many.
    private const int MaxDeflateWork = MaxBytes;

    private int _receives;
    private volatile bool _isHeldUp;
    private long _bytesBefore;
    private long _deflateWorkBefore;

    /// <summary>Whether input had to wait for output to be sent, or for other connections: it may hold whole messages.</summary>
    internal bool IsHeldUp
    {
        readonly get => _isHeldUp;
        set
        {
            // Written only when it changes: other threads read the same cache line.
            if (_isHeldUp != value)
            {
                _isHeldUp = value;
            }
        }
    }

    /// <summary>Whether the socket is known to be empty, so that input is waited for before the next receive. False at the start of a slice.</summary>
    /// <remarks>
    /// Waiting is left out, a system call less, while data is there each time the loop looks, and at the start, where a request
    /// usually is there already.
    /// </remarks>
    internal bool WaitsFirst { get; set; }

    /// <summary>Begins a slice.</summary>
    /// <param name="bytesReceived">Bytes that the connection has received so far.</param>
    /// <param name="deflateWork">What compression has cost it so far.</param>
    internal void Begin(long bytesReceived, long deflateWork)
    {
        WaitsFirst = false;
        _receives = 0;
        _bytesBefore = bytesReceived;
        _deflateWorkBefore = deflateWork;
    }

    /// <summary>Counts a receive that is about to be tried.</summary>
    /// <returns>False when the slice is over.</returns>
    internal bool TryReceive(long bytesReceived, long deflateWork) =>
        ++_receives <= MaxReceives && bytesReceived - _bytesBefore < MaxBytes && !HasDeflatedMuch(deflateWork);

    /// <summary>Whether compression alone has used up the slice.</summary>
    internal readonly bool HasDeflatedMuch(long deflateWork) => deflateWork - _deflateWorkBefore >= MaxDeflateWork;
}
