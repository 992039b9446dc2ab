namespace EchoServer.Server;

/// <summary>How much a connection may do in one go, so that one flood cannot keep an I/O thread from its other connections.</summary>
/// <remarks>
/// At the end of its slice the connection goes to the back of its I/O thread's queue. A mutable value of the connection's loop, which
/// begins one each time it is called.
/// </remarks>
/// <param name="bytesBefore">Bytes that the connection has received so far.</param>
/// <param name="deflateWorkBefore">What compression has cost it so far.</param>
internal struct TimeSlice(long bytesBefore, long deflateWorkBefore)
{
    private const int MaxReceives = 16;
    private const int MaxBytes = 2 * ServerOptions.ReceiveBytes;

    // Compression counts by its work (PerMessageDeflate.Work): a few received bytes can become a thousand times as many.
    private const int MaxDeflateWork = MaxBytes;

    private int _receives;

    /// <summary>Whether the socket is known to be empty, so that input is waited for before the next receive. False at the start of a slice.</summary>
    /// <remarks>
    /// Waiting is left out, a system call less, while data is there each time the loop looks, and at the start, where a request
    /// usually is there already.
    /// </remarks>
    internal bool WaitsFirst { get; set; }

    /// <summary>Counts a receive that is about to be tried.</summary>
    /// <returns>False when the slice is over.</returns>
    internal bool TryReceive(long bytesReceived, long deflateWork) =>
        ++_receives <= MaxReceives && bytesReceived - bytesBefore < MaxBytes && !HasDeflatedMuch(deflateWork);

    /// <summary>Whether compression alone has used up the slice.</summary>
    internal readonly bool HasDeflatedMuch(long deflateWork) => deflateWork - deflateWorkBefore >= MaxDeflateWork;
}
