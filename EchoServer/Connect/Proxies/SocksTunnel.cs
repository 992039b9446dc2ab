using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using EchoServer.Diagnosis;

namespace EchoServer.Connect.Proxies;

/// <summary>What a SOCKS 5 proxy is asked (RFC 1928), with user and password where it wants them (RFC 1929).</summary>
internal static class SocksTunnel
{
    // RFC 1928 §3 to §5.
    private const byte Version = 5;
    private const byte NoAuthentication = 0;
    private const byte UserAndPassword = 2;
    private const byte DomainName = 3;
    private const byte IPv4 = 1;
    private const byte IPv6 = 4;

    private const byte PasswordVersion = 1;
    private const byte Connect = 1;
    private const byte Succeeded = 0;

    /// <summary>Asks for a tunnel.</summary>
    /// <returns>Null when the tunnel is open, otherwise why not.</returns>
    /// <exception cref="IOException">The proxy ended the connection.</exception>
    /// <exception cref="InvalidDataException">It speaks something else.</exception>
    internal static async Task<Fault?> OpenAsync(Stream stream, Uri url, ProxyChoice proxy, CancellationToken stop)
    {
        if (Address(url) is not byte[] target)
        {
            // No name of a host is as long as that.
            return NetworkDiagnosis.Of(new SocketException((int)SocketError.HostNotFound), url, Stage.Resolve);
        }

        // A proxy that asks for no password is not told one.
        byte[] methods = proxy.User is null ? [NoAuthentication] : [NoAuthentication, UserAndPassword];
        await stream.WriteAsync((byte[])[Version, (byte)methods.Length, .. methods], stop).ConfigureAwait(false);
        byte[] choice = await ReadAnswerAsync(stream, 2, stop).ConfigureAwait(false);
        if (!methods.Contains(choice[1]) ||
            (choice[1] == UserAndPassword && !await LogInAsync(stream, proxy.User!, stop).ConfigureAwait(false)))
        {
            return ProxyDiagnosis.OfSocksLogin(proxy.Url);
        }

        byte[] request = [Version, Connect, 0, .. target, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(request.Length - 2), (ushort)url.Port);
        await stream.WriteAsync(request, stop).ConfigureAwait(false);
        byte[] reply = await ReadAnswerAsync(stream, 4, stop).ConfigureAwait(false);
        if (reply[1] != Succeeded)
        {
            return ProxyDiagnosis.OfSocksReply(reply[1], url, proxy.Url);
        }

        int address = reply[3] switch
        {
            IPv4 => 4,
            IPv6 => 16,
            DomainName => (await ReadAsync(stream, 1, stop).ConfigureAwait(false))[0],
            _ => throw new InvalidDataException("its reply has an address of an unknown kind"),
        };
        await ReadAsync(stream, address + sizeof(ushort), stop).ConfigureAwait(false);
        return null;
    }

    /// <summary>The kind of an address and the address (RFC 1928 §5): a name is looked up by the proxy.</summary>
    /// <returns>Null when it has no room in a request.</returns>
    private static byte[]? Address(Uri url)
    {
        if (url.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6)
        {
            byte[] address = IPAddress.Parse(url.IdnHost).GetAddressBytes();
            return [url.HostNameType == UriHostNameType.IPv4 ? IPv4 : IPv6, .. address];
        }

        byte[] name = Encoding.ASCII.GetBytes(url.IdnHost);
        return name.Length > byte.MaxValue ? null : [DomainName, (byte)name.Length, .. name];
    }

    private static async Task<bool> LogInAsync(Stream stream, BasicCredentials user, CancellationToken stop)
    {
        byte[] name = Encoding.UTF8.GetBytes(user.User);
        byte[] secret = Encoding.UTF8.GetBytes(user.Password);
        if (name.Length > byte.MaxValue || secret.Length > byte.MaxValue)
        {
            return false;
        }

        await stream.WriteAsync((byte[])[PasswordVersion, (byte)name.Length, .. name, (byte)secret.Length, .. secret], stop).ConfigureAwait(false);
        return (await ReadAsync(stream, 2, stop).ConfigureAwait(false))[1] == 0;
    }

    /// <summary>Reads an answer that begins with the version.</summary>
    private static async Task<byte[]> ReadAnswerAsync(Stream stream, int count, CancellationToken stop)
    {
        byte[] answer = await ReadAsync(stream, count, stop).ConfigureAwait(false);
        return answer[0] == Version ? answer : throw new InvalidDataException(
            $"the first byte of its answer is 0x{answer[0]:x2}, not 0x{Version:x2}");
    }

    private static async Task<byte[]> ReadAsync(Stream stream, int count, CancellationToken stop)
    {
        byte[] bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, stop).ConfigureAwait(false);
        return bytes;
    }
}
