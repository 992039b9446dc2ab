using System.Net.Sockets;
using EchoServer.Diagnosis;
using EchoServer.Http;
using EchoServer.WebSockets;

namespace EchoServer.Connect;

/// <summary>Requests and answers as they are on the wire (RFC 9112).</summary>
internal static class HttpExchange
{
    private const int FirstBufferBytes = 4 * 1024;

    /// <summary>Writes the request for a plain page.</summary>
    internal static byte[] Get(ConnectionOptions options, string pathAndQuery, params IEnumerable<string> extraLines) =>
        Write(options, pathAndQuery, ["Connection: close", "Accept: */*", .. extraLines]);

    /// <summary>Writes the request for a WebSocket (RFC 6455 §4.1).</summary>
    internal static byte[] Upgrade(ConnectionOptions options, string key, IReadOnlyList<string> subprotocols, string? extensions) => Write(
        options,
        options.Url.PathAndQuery,
        [
            "Connection: Upgrade", "Upgrade: websocket", $"Sec-WebSocket-Key: {key}", $"Sec-WebSocket-Version: {Handshake.Version}",
            subprotocols.Count > 0 ? $"Sec-WebSocket-Protocol: {string.Join(", ", subprotocols)}" : null,
            extensions is null ? null : $"Sec-WebSocket-Extensions: {extensions}",
            options.Origin is null ? null : $"Origin: {options.Origin}",
        ]);

    /// <summary>Sends a request and reads the head of the answer; interim answers before it are passed over.</summary>
    /// <exception cref="ConnectionFailedException">The step failed, or took too long.</exception>
    internal static async Task<ReceivedHead> AskAsync(TcpLink link, byte[] request, Step step, CancellationToken stop)
    {
        // With TLS 1.3 a server looks for the client's certificate after the handshake, and some say nothing of it in an alert.
        step = step with { WantsCertificate = link.WantsCertificate };
        try
        {
            return await step.RunAsync(token => SendAsync(link, request, token), stop).ConfigureAwait(false);
        }
        catch (ConnectionFailedException failure) when (failure.IsTimeout && link.Heads is { Received.IsEmpty: false } heads)
        {
            throw step.TimedOut(heads.Received.Span);
        }
    }

    /// <exception cref="IOException">The stream ended.</exception>
    /// <exception cref="BadHeadException">The answer is not HTTP, not whole, or its head is too large.</exception>
    private static async Task<ReceivedHead> SendAsync(TcpLink link, byte[] request, CancellationToken stop)
    {
        link.Heads = new(request, default);
        IOException? unsent = null;
        try
        {
            await link.Stream.WriteAsync(request, stop).ConfigureAwait(false);
            await link.Stream.FlushAsync(stop).ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            // The server has ended the connection already, and may have said why: with an answer, or a TLS alert about the client's certificate.
            unsent = exception;
        }

        byte[] buffer = new byte[FirstBufferBytes];
        int length = 0;
        bool hasInterim = false;
        while (true)
        {
            if (length == buffer.Length)
            {
                // Up to the largest head: a full buffer of that size is judged to be too large.
                Array.Resize(ref buffer, buffer.Length * 2);
            }

            int end = length + await ReadAsync(link.Stream, buffer, length, hasInterim, unsent, stop).ConfigureAwait(false);
            bool isToBeRead = HeadLine.IsToBeRead(buffer.AsSpan(0, end), length, HeadRules.Response);
            (ReceivedHead? head, int interim, HeadError? error) = isToBeRead ? Read(buffer.AsSpan(0, end)) : default;
            buffer.AsSpan(interim..end).CopyTo(buffer);
            length = end - interim;
            hasInterim |= interim > 0;
            link.Heads = new(request, head is null ? buffer.AsMemory(0, length) : head.Head);
            if (error is not null)
            {
                throw new BadHeadException(error);
            }

            if (head is not null)
            {
                return head;
            }
        }
    }

    private static (ReceivedHead? Head, int Interim, HeadError? Error) Read(Span<byte> input)
    {
        ParseStatus status = ResponseHead.ReadFinal(input, out int interim, out ResponseHead head, out HeadError? error);
        Span<byte> final = input[interim..];
        return (status == ParseStatus.Done ? new(ReceivedAnswer.From(head), final[..head.Size].ToArray(), final[head.Size..].ToArray()) : null, interim, error);
    }

    /// <summary>Reads more of an answer.</summary>
    /// <returns>One byte or more.</returns>
    /// <remarks>A reset that the request has met is not reported again: the answer then only ends.</remarks>
    private static async Task<int> ReadAsync(
        Stream stream, byte[] buffer, int length, bool hasInterim, IOException? unsent, CancellationToken stop)
    {
        try
        {
            int received = await stream.ReadAsync(buffer.AsMemory(length), stop).ConfigureAwait(false);
            return received > 0 ? received
                : length > 0 || hasInterim ? throw CutOff(buffer.AsSpan(0, length), "and ended")
                : throw unsent ?? new EndOfStreamException("the stream ended before the answer did");
        }
        catch (Exception exception) when (exception.GetBaseException() is SocketException && (length > 0 || hasInterim))
        {
            throw CutOff(buffer.AsSpan(0, length), "and reset the connection", exception);
        }
    }

    private static BadHeadException CutOff(ReadOnlySpan<byte> received, string end, Exception? inner = null) => new(
        received.IsEmpty ? new(HeadErrorKind.Cut, "the connection ended behind an interim answer (1xx), before the answer itself")
            : ResponseHead.IsBeginning(received) ? new(HeadErrorKind.Cut, $"the answer ended in the middle of its head ('{EscapedText.Quote(received)}')")
            : HeadError.Malformed($"it began with '{EscapedText.Quote(received)}', {end}"),
        inner);

    /// <summary>Reads the body of an answer, without chunk headers, up to its end, a size, or a time.</summary>
    /// <returns>The answer with it.</returns>
    internal static async Task<ReceivedAnswer> ReadBodyAsync(Stream stream, ReceivedHead head, int most, TimeSpan atMost, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(atMost);

        // RFC 9112 §6.3: such an answer ends with its head. Behind a 101 another protocol begins.
        int due = head.Answer.Status is < 200 or 204 or 304 ? 0
            : int.TryParse(head.Answer.Field("Content-Length"), NumberStyles.None, CultureInfo.InvariantCulture, out int declared)
            ? Math.Min(declared, most)
            : most;
        byte[] body = new byte[due];
        int length = Math.Min(head.Rest.Length, due);
        head.Rest.AsSpan(0, length).CopyTo(body);
        bool isChunked = head.Answer.Field("Transfer-Encoding")?.Contains("chunked", StringComparison.OrdinalIgnoreCase) == true;
        while (length < due && !(isChunked && body.AsSpan(0, length).EndsWith("0\r\n\r\n"u8)))
        {
            int received = await ReadQuietlyAsync(stream, body.AsMemory(length), limit.Token).ConfigureAwait(false);
            stop.ThrowIfCancellationRequested();
            if (received == 0)
            {
                break;
            }

            length += received;
        }

        body = isChunked ? Unchunk(body.AsSpan(0, length)) : body[..length];
        return head.Answer with { Body = Encoding.UTF8.GetString(body) };
    }

    /// <returns>0 at the end, however it ends.</returns>
    private static async Task<int> ReadQuietlyAsync(Stream stream, Memory<byte> buffer, CancellationToken stop)
    {
        try
        {
            return await stream.ReadAsync(buffer, stop).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException || Step.IsOfNetwork(exception))
        {
            return 0;
        }
    }

    /// <summary>A URL's host as it is on the wire: in ASCII, an IPv6 address in brackets.</summary>
    internal static string Host(Uri url) => url.HostNameType == UriHostNameType.IPv6 ? url.Host : url.IdnHost;

    private static byte[] Write(ConnectionOptions options, string pathAndQuery, IEnumerable<string?> lines)
    {
        // RFC 6455 §4.1: the port only where it is not the scheme's own; an IPv6 address in brackets.
        string host = $"Host: {Host(options.Url)}{(options.Url.IsDefaultPort ? "" : $":{options.Url.Port}")}";
        bool IsReplaced(string line) => options.Headers.Any(field => line.StartsWith($"{field.Name}:", StringComparison.OrdinalIgnoreCase));
        IEnumerable<string?> all =
        [
            $"GET {pathAndQuery} HTTP/1.1",
            .. lines.Prepend(host).OfType<string>().Where(line => !IsReplaced(line)),
            options.BasicAuth is null ? null : $"Authorization: {options.BasicAuth.HeaderValue}",
            options.Instance is null ? null : $"{RouterDiagnosis.InstanceField}: {options.Instance}",
            .. options.Headers.Select(field => $"{field.Name}: {field.Value}"),
            "",
        ];
        string[] known = [.. all.OfType<string>()];

        // RFC 9110 §5.5: a line break would let the rest of a value be fields, and requests, of their own.
        return known.Any(line => line.AsSpan().ContainsAny('\r', '\n')) ? throw new InvalidOperationException("a line of a request contains a line break")
            : Encoding.UTF8.GetBytes(string.Concat(known.Select(line => $"{line}\r\n")));
    }

    /// <summary>RFC 9112 §7.1, as far as there is input.</summary>
    private static byte[] Unchunk(ReadOnlySpan<byte> input)
    {
        var body = new List<byte>(input.Length);
        while (true)
        {
            // RFC 9112 §7.1.1: a ";" begins extensions, with white space before it, perhaps; unknown ones are to be ignored.
            int end = input.IndexOf("\r\n"u8);
            ReadOnlySpan<byte> line = end < 0 ? default : input[..end];
            int semicolon = line.IndexOf((byte)';');
            if (!int.TryParse(semicolon < 0 ? line : line[..semicolon], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out int size) || size <= 0)
            {
                return [.. body];
            }

            ReadOnlySpan<byte> rest = input[(end + 2)..];
            body.AddRange(rest[..Math.Min(size, rest.Length)]);
            input = rest.Length < size + 2L ? default : rest[(size + 2)..];
        }
    }
}

/// <summary>The answer without its body, the bytes of its head with folded lines unfolded, and the bytes behind it.</summary>
internal sealed record ReceivedHead(ReceivedAnswer Answer, byte[] Head, byte[] Rest);

/// <summary>The heads of an exchange as they were on the wire; of the answer, all that has come.</summary>
internal sealed record HandshakeHeads(ReadOnlyMemory<byte> Sent, ReadOnlyMemory<byte> Received)
{
    /// <summary>The request, with CR LF.</summary>
    internal string Request => Encoding.UTF8.GetString(Sent.Span);

    /// <summary>The answer up to and with the empty line, as far as it came.</summary>
    internal string Response
    {
        get
        {
            ReadOnlySpan<byte> end = "\r\n\r\n"u8;
            int length = Received.Span.IndexOf(end);
            return Encoding.UTF8.GetString(length < 0 ? Received.Span : Received.Span[..(length + end.Length)]);
        }
    }
}
