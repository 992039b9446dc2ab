using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using EchoServer.Diagnosis;
using EchoServer.Http;
using EchoServer.WebSockets;

namespace EchoServer.Connect;

/// <summary>Opens one connection: proxies, TLS and HTTP are the runtime's, the opening handshake (RFC 6455 §4.1) is here.</summary>
/// <remarks>
/// <see cref="System.Net.WebSockets.ClientWebSocket"/> goes over the same handler, but keeps to itself what a person asks when it
/// does not work, and what the client shows when it does: the heads, the body of a refusal, pings and pongs, who closed and how. To
/// get at them from beneath it took more code than to speak frames with the project's own codec.
/// </remarks>
internal sealed class ClientOpening : IDisposable
{
    private const string SecureScheme = "wss";

    // RFC 6455 §4.1: what a client has to look at. Whatever else an answer has is not its business.
    private static readonly string[] JudgedFields =
        ["Upgrade", "Connection", "Sec-WebSocket-Accept", "Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"];

    // An error page's beginning says what it is.
    private const int MaxBodyBytes = 16 * 1024;

    private readonly ConnectionOptions _options;
    private readonly Uri? _proxy;
    private readonly HttpMessageInvoker _invoker;
    private volatile HeadRecord _heads = new();
    private volatile HeadRecord _tunnel = new();
    private volatile Stage _stage = Stage.Resolve;

    private ClientOpening(ConnectionOptions options)
    {
        _options = options;
        _proxy = FindProxy(options);
        _invoker = new HttpMessageInvoker(CreateHandler());
    }

    /// <summary>Opens a connection.</summary>
    /// <param name="options">Where to, and how.</param>
    /// <param name="stop">Ends the attempt.</param>
    /// <exception cref="ConnectionFailedException">It could not be opened, or not in <see cref="ConnectionOptions.Timeout"/>.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    internal static async Task<ClientConnection> OpenAsync(ConnectionOptions options, CancellationToken stop)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stop);
        timeout.CancelAfter(options.Timeout);
        var opening = new ClientOpening(options);
        try
        {
            return await opening.RunAsync(timeout.Token).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            opening.Dispose();
            stop.ThrowIfCancellationRequested();
            throw exception as ConnectionFailedException ?? new ConnectionFailedException(opening.Explain(exception), heads: opening._heads.Take());
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _invoker.Dispose();

    private async Task<ClientConnection> RunAsync(CancellationToken stop)
    {
        string key = ClientHandshake.Key(RandomNumberGenerator.GetBytes(ClientHandshake.NonceBytes));
        using HttpRequestMessage request = CreateRequest(key);
        HttpResponseMessage response = await _invoker.SendAsync(request, stop).ConfigureAwait(false);
        if ((int)response.StatusCode != ClientHandshake.SwitchingProtocols)
        {
            ReceivedAnswer answer = CopyHead(response) with { Body = await ReadBodyAsync(response, stop).ConfigureAwait(false) };
            throw new ConnectionFailedException(AnswerDiagnosis.Of(answer, _options.Url), answer, _heads.Take());
        }

        if (Check(response, key) is string flaw)
        {
            var diagnosis = new Fault(flaw, "what answers there is no sound WebSocket server, or a proxy on the way alters headers");
            throw new ConnectionFailedException(diagnosis, CopyHead(response), _heads.Take());
        }

        Stream stream = await response.Content.ReadAsStreamAsync(stop).ConfigureAwait(false);
        return new ClientConnection(stream, this, _heads.Take(), Value(response, "Sec-WebSocket-Protocol"));
    }

    /// <summary>The proxy that the handler will go through, as the options or the environment name it.</summary>
    /// <returns>Its URL, always without user and password; null for none.</returns>
    private static Uri? FindProxy(ConnectionOptions options)
    {
        IWebProxy proxy = options.Proxy ?? HttpClient.DefaultProxy;
        return !proxy.IsBypassed(options.Url) && proxy.GetProxy(options.Url) is Uri url
            ? new UriBuilder(url) { UserName = "", Password = "" }.Uri
            : null;
    }

    private SocketsHttpHandler CreateHandler()
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            SslOptions = TlsOptions.Create(_options),
            RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
            ConnectCallback = (context, stop) => ConnectAsync(context.DnsEndPoint, stop),

            // Above TLS, and through a proxy: what the server itself is told and says; before that, what a proxy is asked.
            PlaintextStreamFilter = (context, _) =>
            {
                var heads = new HeadRecord();
                _heads = heads;
                if (context.InitialRequestMessage.Method == HttpMethod.Connect)
                {
                    _tunnel = heads;
                }
                else
                {
                    _stage = Stage.Answer;
                }

                return new(new RecordingStream(context.PlaintextStream, heads));
            },
        };
        if (_options.Proxy is ProxyChoice proxy)
        {
            handler.UseProxy = proxy.Url is not null;
            handler.Proxy = proxy;
        }

        return handler;
    }

    /// <summary>As the handler does, but so that one knows how far it came.</summary>
    private async ValueTask<Stream> ConnectAsync(DnsEndPoint host, CancellationToken stop)
    {
        _stage = Stage.Resolve;
        IPAddress[] addresses = IPAddress.TryParse(host.Host, out IPAddress? address)
            ? [address]
            : await Dns.GetHostAddressesAsync(host.Host, stop).ConfigureAwait(false);
        _stage = Stage.Connect;
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, host.Port, stop).ConfigureAwait(false);
            _stage = _proxy is not null ? Stage.Proxy : _options.Url.Scheme == SecureScheme ? Stage.Tls : Stage.Answer;
            var stream = new NetworkStream(socket, ownsSocket: true);
            return _proxy?.Scheme.StartsWith("socks", StringComparison.Ordinal) == true ? new RecordingStream(stream, _tunnel = new HeadRecord()) : stream;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private HttpRequestMessage CreateRequest(string key)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, _options.Url)
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        Add("Connection", "Upgrade");
        Add("Upgrade", "websocket");
        Add("Sec-WebSocket-Key", key);
        Add("Sec-WebSocket-Version", Handshake.Version);
        Add("Sec-WebSocket-Protocol", _options.Subprotocols.Count > 0 ? string.Join(", ", _options.Subprotocols) : null);
        Add("Origin", _options.Origin);
        Add("Authorization", _options.BasicAuth?.HeaderValue);
        Add("X-Cf-App-Instance", _options.Instance);
        foreach (HeaderField field in _options.Headers)
        {
            Add(field.Name, field.Value);
        }

        return request;

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }
    }

    /// <returns>Null when the connection is a WebSocket from here on, otherwise what is wrong, as a sentence part.</returns>
    private string? Check(HttpResponseMessage response, string key)
    {
        // The runtime has read the head, by its own limits, and without what may come before it (RFC 9110 §15.2: other 1xx answers).
        // What makes it a WebSocket's is for the one judge of such heads.
        var text = new StringBuilder($"HTTP/1.1 {(int)response.StatusCode} \r\n");
        foreach (string name in JudgedFields)
        {
            if (Value(response, name) is string value)
            {
                text.Append($"{name}: {value}\r\n");
            }
        }

        return ResponseHead.Read(Encoding.UTF8.GetBytes(text.Append("\r\n").ToString()), out ResponseHead head, out string? flaw) == ParseStatus.Done
            ? ClientHandshake.Check(head, key, _options.Subprotocols)
            : flaw ?? "the answer's head cannot be read";
    }

    private Fault Explain(Exception exception)
    {
        // The runtime does not say when the tunnel is there; that TLS begins in it does.
        Stage stage = _stage == Stage.Proxy && _tunnel.HasTlsBegun ? Stage.Tls : _stage;
        return exception switch
        {
            OperationCanceledException => NetworkDiagnosis.OfTimeout(stage, _options.Timeout, _options.Url, _proxy),
            _ when _proxy is not null && stage is (Stage.Resolve or Stage.Connect or Stage.Proxy) =>
                TunnelFailure.Of(exception, stage, _options.Url, _proxy, _tunnel),
            HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse } invalid => new(
                $"the answer is no HTTP: {ReceivedAnswer.Shown(invalid.GetBaseException().Message)}",
                "check the port: something else than a web server answers there"),
            HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } => new(
                "the answer's head is larger than 64 KiB", "see what the server puts into its headers"),
            _ => NetworkDiagnosis.Of(exception, _options.Url, stage),
        };
    }

    private static string? Value(HttpResponseMessage response, string name) =>
        response.Headers.NonValidated.TryGetValues(name, out var values) ? string.Join(", ", values) : null;

    private static ReceivedAnswer CopyHead(HttpResponseMessage response)
    {
        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var header in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
        {
            fields[header.Key] = string.Join(", ", header.Value);
        }

        return new ReceivedAnswer((int)response.StatusCode, response.ReasonPhrase ?? "", fields);
    }

    private static async Task<string> ReadBodyAsync(HttpResponseMessage response, CancellationToken stop)
    {
        byte[] body = new byte[MaxBodyBytes];
        int length = 0;
        try
        {
            using Stream stream = await response.Content.ReadAsStreamAsync(stop).ConfigureAwait(false);
            int received;
            while ((received = await stream.ReadAsync(body.AsMemory(length), stop).ConfigureAwait(false)) > 0)
            {
                length += received;
            }
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException or OperationCanceledException)
        {
            // The status, and what there is of the body, say more than that it does not end.
        }

        return Encoding.UTF8.GetString(body, 0, length);
    }
}
