namespace EchoServer.Transport;

/// <summary>What an I/O thread tells.</summary>
internal interface IWatched
{
    /// <summary>Says what there is; on the I/O thread, which nothing may block.</summary>
    void Signal(EpollEvents events);
}
