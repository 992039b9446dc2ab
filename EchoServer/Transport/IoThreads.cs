using System.Net.Sockets;

namespace EchoServer.Transport;

/// <summary>Threads that wait for sockets and run their continuations: with epoll where the platform has it, else the runtime's own.</summary>
/// <remarks>Nothing may block on them. Safe on any thread.</remarks>
internal sealed class IoThreads : IDisposable
{
    // One thread echoes some 170,000 small messages a second. Each thread costs a stack and cache, and more threads mean fewer ready
    // sockets for each wait.
    private const int MaxDefaultCount = 4;

    private readonly Epoll[] _threads;
    private int _isDisposed;
    private uint _next;

    /// <summary>Half of the processors, 1 to 4: the other half is for the kernel, or for the peers on the same machine.</summary>
    internal static int DefaultCount { get; } = Math.Clamp(Environment.ProcessorCount / 2, 1, MaxDefaultCount);

    /// <summary>Starts them.</summary>
    /// <param name="count">How many, 1 or more.</param>
    /// <param name="isPortable">Whether to do without epoll, as on a platform that has none.</param>
    /// <exception cref="SocketException">There are no file descriptors left.</exception>
    internal IoThreads(int count, bool isPortable = false)
    {
        var threads = new List<Epoll>();
        var files = new DescriptorTable();
        try
        {
            while (threads.Count < count && Libc.IsKnown && !isPortable)
            {
                threads.Add(new Epoll(files));
            }
        }
        catch
        {
            threads.ForEach(thread => thread.Dispose());
            throw;
        }

        _threads = [.. threads];
    }

    /// <summary>Takes over a listening socket: the first thread accepts.</summary>
    /// <exception cref="SocketException">The kernel has no memory left to watch it. It is closed then.</exception>
    internal IListener Listen(Socket socket) => _threads.Length > 0
        ? new EpollListener(socket, _threads[0], (file, address, port) => new EpollSocket(file, address, port, Next()))
        : new PortableListener(socket);

    /// <summary>Takes over a connected socket; the threads take turns.</summary>
    /// <exception cref="SocketException">The connection is broken already, or the kernel has no memory left to watch it. It is closed then.</exception>
    internal NonBlockingSocket Watch(Socket socket) => _threads.Length > 0 ? new EpollSocket(socket, Next()) : new PortableSocket(socket);

    /// <summary>Ends them; what still waits then waits for ever.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            Array.ForEach(_threads, thread => thread.Dispose());
        }
    }

    private Epoll Next() => _threads[Interlocked.Increment(ref _next) % (uint)_threads.Length];
}
