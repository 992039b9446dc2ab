using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using EchoServer.Http;
using EchoServer.Load.Report;
using EchoServer.Text;
using EchoServer.Transport;
using EchoServer.WebSockets;

namespace EchoServer.Load.Opening;

/// <summary>Opens connections: TCP, TLS, and the opening handshake (RFC 6455 §4.1).</summary>
/// <remarks>Safe on any thread once <see cref="ResolveAsync"/> is done.</remarks>
/// <param name="options">The load.</param>
/// <param name="ioThreads">Who waits for the sockets.</param>
internal sealed class ConnectionOpener(LoadOptions options, IoThreads ioThreads)
{
    private const string TlsScheme = "wss";

    private IPAddress[] _addresses = [];

    // The one that answered: all connections go there.
    private IPAddress? _chosen;

    /// <summary>Looks up the host's addresses.</summary>
    /// <exception cref="OpeningException">It has none.</exception>
    internal async Task ResolveAsync(CancellationToken stop)
    {
        try
        {
            _addresses = await Dns.GetHostAddressesAsync(options.Url.DnsSafeHost, stop).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException)
        {
            throw new OpeningException(LoadError.ConnectFailed, 0, "the host name is not known");
        }
    }

    /// <summary>Tries all addresses again, not only the one that answered first: it may be gone for good.</summary>
    internal void ForgetChoice() => _chosen = null;

    /// <summary>Opens a connection.</summary>
    /// <param name="stop">Ends the attempt.</param>
    /// <exception cref="OpeningException">It could not be opened, or not in time.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    internal async Task<OpenedTransport> OpenAsync(CancellationToken stop)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stop);
        timeout.CancelAfter(options.ConnectTimeout);
        LoadTransport? transport = null;
        try
        {
            transport = await ConnectAsync(timeout.Token).ConfigureAwait(false);
            using CancellationTokenRegistration cutOff = timeout.Token.UnsafeRegister(static it => ((LoadTransport)it!).Dispose(), transport);
            if (transport is TlsTransport tls)
            {
                await tls.AuthenticateAsync(options.Url.DnsSafeHost, timeout.Token).ConfigureAwait(false);
            }

            OpenedTransport opened = options.IsWebSocket
                ? await UpgradeAsync(transport).ConfigureAwait(false)
                : new OpenedTransport(transport, []);

            // Time may be up at the very end: then the transport is, or is being, disposed of.
            await cutOff.DisposeAsync().ConfigureAwait(false);
            timeout.Token.ThrowIfCancellationRequested();
            return opened;
        }
        catch (Exception exception) when (exception is not OpeningException)
        {
            transport?.Dispose();
            stop.ThrowIfCancellationRequested();
            throw timeout.IsCancellationRequested
                ? new OpeningException(LoadError.ConnectTimedOut, 0, $"not open within {options.ConnectTimeout.TotalSeconds} s")
                : Explain(exception);
        }
        catch
        {
            transport?.Dispose();
            throw;
        }
    }

    private async Task<LoadTransport> ConnectAsync(CancellationToken stop)
    {
        if (_chosen is IPAddress chosen)
        {
            return await ConnectAsync(chosen, stop).ConfigureAwait(false);
        }

        // "localhost" has an IPv6 address on which, often, nothing listens.
        for (int i = 0; ; i++)
        {
            try
            {
                LoadTransport transport = await ConnectAsync(_addresses[i], stop).ConfigureAwait(false);
                _chosen = _addresses[i];
                return transport;
            }
            catch (SocketException) when (i + 1 < _addresses.Length)
            {
                // The next address, then.
            }
        }
    }

    private async Task<LoadTransport> ConnectAsync(IPAddress address, CancellationToken stop)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await ConnectAsync(socket, new IPEndPoint(address, options.Url.Port), stop).ConfigureAwait(false);
            return options.Url.Scheme == TlsScheme ? new TlsTransport(socket) : new TcpTransport(ioThreads.Watch(socket));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task ConnectAsync(Socket socket, IPEndPoint server, CancellationToken stop)
    {
        if (!IPAddress.IsLoopback(server.Address))
        {
            await socket.ConnectAsync(server, stop).ConfigureAwait(false);
            return;
        }

        // Once the runtime has waited for a socket it goes on watching it, and would be woken by each message beside our own I/O
        // thread. Here there is no network to wait for: only, at worst, a server that accepts slowly.
        using CancellationTokenRegistration cutOff = stop.UnsafeRegister(static it => ((Socket)it!).Dispose(), socket);
        await Task.Run(() => socket.Connect(server), stop).ConfigureAwait(false);
    }

    private async Task<OpenedTransport> UpgradeAsync(LoadTransport transport)
    {
        string key = ClientHandshake.Key(RandomNumberGenerator.GetBytes(ClientHandshake.NonceBytes));
        ReadOnlyMemory<byte> request = ClientHandshake.WriteRequest(options.Url, key);
        while (!request.IsEmpty)
        {
            request = request[await transport.SendAsync(request).ConfigureAwait(false)..];
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(HeadRules.Response.MaxBytes);
        try
        {
            int length = 0;
            while (true)
            {
                int received = await transport.ReceiveSomeAsync(buffer.AsMemory(length)).ConfigureAwait(false);
                if (received == 0)
                {
                    throw new OpeningException(LoadError.HandshakeInvalid, 0, "the server ended the connection instead of answering the handshake");
                }

                length = ResponseHead.DropInterim(buffer.AsSpan(0, length + received));
                if (ReadAnswer(buffer.AsSpan(0, length), key) is int used)
                {
                    return new OpenedTransport(transport, buffer[used..length]);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <returns>How long the answer is; null when it is not complete.</returns>
    private static int? ReadAnswer(ReadOnlySpan<byte> input, string key)
    {
        ParseStatus status = ResponseHead.Read(input, out ResponseHead head, out HeadFlaw? headFlaw);
        if (status == ParseStatus.NeedMore)
        {
            return null;
        }

        if (status == ParseStatus.Done && head.Status != ClientHandshake.SwitchingProtocols)
        {
            throw new OpeningException(LoadError.HandshakeRefused, head.Status, ClientHandshake.Check(head, key)!);
        }

        string? flaw = headFlaw?.Text ?? ClientHandshake.Check(head, key);
        return flaw is null ? head.Size : throw new OpeningException(LoadError.HandshakeInvalid, 0, flaw);
    }

    private static OpeningException Explain(Exception exception)
    {
        string text = EscapedText.From(exception.GetBaseException().Message.AsSpan());
        return exception switch
        {
            AuthenticationException => new(LoadError.TlsFailed, 0, $"TLS failed: {text}"),
            SocketException { SocketErrorCode: SocketError.ConnectionRefused } => new(LoadError.ConnectRefused, 0, "connection refused: nothing listens there"),
            SocketException { SocketErrorCode: SocketError.ConnectionReset } or IOException => new(LoadError.ConnectionReset, 0, "the server reset the connection"),
            _ => new(LoadError.ConnectFailed, 0, text),
        };
    }
}
