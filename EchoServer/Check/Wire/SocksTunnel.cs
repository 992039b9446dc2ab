using System.Buffers.Binary;
using System.Text;

namespace EchoServer.Check.Wire;

/// <summary>What a SOCKS 5 proxy is asked (RFC 1928), with user and password where it wants them (RFC 1929).</summary>
internal static class SocksTunnel
{
    private const byte Version = 5;
    private const byte NoAuthentication = 0;
    private const byte UserAndPassword = 2;
    private const byte PasswordVersion = 1;
    private const byte Connect = 1;
    private const byte DomainName = 3;
    private const byte IPv4 = 1;
    private const byte IPv6 = 4;

    /// <summary>Asks for a tunnel.</summary>
    /// <param name="stream">A connection to the proxy.</param>
    /// <param name="host">Where the tunnel is to end: a name is looked up by the proxy.</param>
    /// <param name="port">The port there.</param>
    /// <param name="user">Who asks; empty for nobody in particular.</param>
    /// <param name="password">The user's password.</param>
    /// <param name="stop">Ends the attempt.</param>
    /// <returns>Null when the tunnel is open, otherwise why not.</returns>
    /// <exception cref="IOException">The proxy ended the connection.</exception>
    /// <exception cref="InvalidDataException">It speaks something else.</exception>
    internal static async Task<Diagnosis?> OpenAsync(
        Stream stream, string host, int port, string user, string password, CancellationToken stop)
    {
        byte method = user.Length == 0 ? NoAuthentication : UserAndPassword;
        await stream.WriteAsync(new byte[] { Version, 1, method }, stop).ConfigureAwait(false);
        byte[] choice = await ReadAsync(stream, 2, stop).ConfigureAwait(false);
        if (choice[0] != Version)
        {
            throw new InvalidDataException("the proxy speaks no SOCKS 5");
        }

        if (choice[1] != method || (method == UserAndPassword && !await LogInAsync(stream, user, password, stop).ConfigureAwait(false)))
        {
            return new("the proxy wants to know who asks, or does not accept it", "put its user and password into the proxy's URL: --proxy socks5://USER:PASSWORD@HOST:PORT");
        }

        byte[] name = Encoding.ASCII.GetBytes(host);
        byte[] request = [Version, Connect, 0, DomainName, (byte)name.Length, .. name, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(request.Length - 2), (ushort)port);
        await stream.WriteAsync(request, stop).ConfigureAwait(false);
        byte[] reply = await ReadAsync(stream, 4, stop).ConfigureAwait(false);
        int address = reply[3] switch
        {
            IPv4 => 4,
            IPv6 => 16,
            DomainName => (await ReadAsync(stream, 1, stop).ConfigureAwait(false))[0],
            _ => throw new InvalidDataException("the proxy's reply is no SOCKS 5"),
        };
        await ReadAsync(stream, address + sizeof(ushort), stop).ConfigureAwait(false);
        return Explain(reply[1], $"{ReceivedAnswer.Shown(host)}:{port}");
    }

    private static async Task<bool> LogInAsync(Stream stream, string user, string password, CancellationToken stop)
    {
        byte[] name = Encoding.UTF8.GetBytes(user);
        byte[] secret = Encoding.UTF8.GetBytes(password);
        if (name.Length > byte.MaxValue || secret.Length > byte.MaxValue)
        {
            return false;
        }

        await stream.WriteAsync((byte[])[PasswordVersion, (byte)name.Length, .. name, (byte)secret.Length, .. secret], stop).ConfigureAwait(false);
        return (await ReadAsync(stream, 2, stop).ConfigureAwait(false))[1] == 0;
    }

    private static async Task<byte[]> ReadAsync(Stream stream, int count, CancellationToken stop)
    {
        byte[] bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, stop).ConfigureAwait(false);
        return bytes;
    }

    /// <summary>RFC 1928 §6.</summary>
    private static Diagnosis? Explain(byte reply, string target) => reply switch
    {
        0 => null,
        2 => new($"the proxy does not allow a tunnel to {target}", "have the host and the port allowed there, or go around it with --proxy none"),
        3 or 4 or 6 => new($"the proxy could not reach {target}", "check host and port in the URL; a host of the internal network may need --proxy none"),
        5 => new($"{target} refuses connections from the proxy", "start the server, or check host and port in the URL"),
        _ => new($"the proxy could not open a tunnel to {target} (reply {reply})", "see the proxy's log"),
    };
}
