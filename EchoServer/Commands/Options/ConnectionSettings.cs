using System.CommandLine;
using System.Security.Cryptography.X509Certificates;
using EchoServer.Connect;
using EchoServer.Connect.Proxies;
using EchoServer.Diagnosis;

namespace EchoServer.Commands.Options;

/// <summary>How a connection is opened: the options that <c>client</c>, <c>ping</c>, <c>check</c> and <c>load</c> share.</summary>
internal static class ConnectionSettings
{
    /// <summary>The environment variable that keeps a password out of the command line, which other users of a machine can see.</summary>
    internal const string BasicAuthVariable = "ECHO_BASIC_AUTH";

    internal static readonly RepeatedSetting<HeaderField> Header = new(
        "--header", "-H", "name: value", "Adds a header to the handshake request; may be repeated.",
        new("a header such as 'X-Name: value' that is not part of the handshake itself", ConnectionParsers.TryParseHeader),
        ConnectionParsers.ShowHeader);

    internal static readonly Setting<string?> Origin = new(
        "--origin", null, "The origin that a browser would send, to try what the server allows.",
        null, new("an origin (such as https://example.org, or null; --header takes any Origin)", ConnectionParsers.TryParseOrigin), helpName: "origin");

    internal static readonly RepeatedSetting<string> Subprotocol = new(
        "--subprotocol", "-s", "name", "Offers a subprotocol; may be repeated, the preferred one first.",
        new("the name of a subprotocol (letters, digits, -._ and the like)", ConnectionParsers.TryParseToken));

    internal static readonly Setting<BasicCredentials?> BasicAuth = new(
        "--basic-auth", BasicAuthVariable, "Credentials. Better in the variable: other users see command lines.",
        null, new("a user and a password (user:password)", ConnectionParsers.TryParseBasicAuth), helpName: "user:password", isSecret: true);

    internal static readonly SwitchSetting Insecure = new(
        "--insecure", "Takes any certificate, self-signed or of another name. For tests only: any machine could be answering.", "-k");

    /// <summary>An option of the commands that send messages of any size.</summary>
    internal static readonly SwitchSetting Compression = new("--compression", "Offers permessage-deflate (RFC 7692).");

    internal static readonly Setting<string?> Authorities = new(
        "--ca", null, "Trusts the certificate authorities in this file, and no others.",
        null, ConnectionParsers.File("a file with certificates in PEM"), "the system's", helpName: "file");

    internal static readonly Setting<string?> Certificate = new(
        "--cert", null, "The certificate to show to the server, followed by those between it and its authority.",
        null, ConnectionParsers.File("a file with certificates in PEM"), helpName: "file");

    internal static readonly Setting<string?> Key = new(
        "--key", null, "The private key of --cert, without a password.",
        null, ConnectionParsers.File("a file with a private key in PEM"), "in the file of --cert", helpName: "file");

    internal static readonly Setting<ProxyChoice?> Proxy = new(
        "--proxy", null, "The proxy to go through.",
        null, new("a proxy (http://[user:password@]host:port, https://host:port, socks5://host:port, or none; of SOCKS only version 5 is spoken)", ConnectionParsers.TryParseProxy),
        "HTTPS_PROXY and the like", helpName: "url", isSecret: true);

    internal static readonly Setting<TimeSpan> Timeout = new(
        "--timeout", null, "How long a connection may take to open, and an answer to come.",
        ConnectionOptions.DefaultTimeout, SettingParsers.Seconds(), helpName: "seconds");

    internal static readonly Setting<string?> Instance = new(
        "--instance", null, "Asks Cloud Foundry's router for this instance of the app (X-Cf-App-Instance).",
        null, new("the GUID of an app and the number of an instance (GUID:INDEX)", ConnectionParsers.TryParseInstance), "any", helpName: "guid:index");

    /// <summary>Those of every command, in the order of the help text.</summary>
    internal static readonly Setting[] All =
        [Header, Origin, Subprotocol, BasicAuth, Authorities, Certificate, Key, Proxy, Timeout, Instance, Insecure];

    /// <summary>Reads how to connect, and where to, as typed.</summary>
    /// <exception cref="UsageException">A value is not accepted, or two contradict each other.</exception>
    internal static ConnectionOptions Read(ParseResult result, string url)
    {
        Uri uri = WebSocketUrl.Parse(url, out BasicCredentials? inUrl);
        if (Authorities.IsGiven(result) || Certificate.IsGiven(result))
        {
            OpenSsl.ThrowIfMissing();
        }

        X509Certificate2Collection? certificate = ReadClientCertificate(result);
        Setting.RefuseIf(
            Insecure.IsGiven(result), result, $"cannot be combined with {Insecure.Name}, which trusts any certificate", Authorities);
        IReadOnlyList<HeaderField> headers = Header.Read(result);
        bool hasAuthorization = Has(headers, "Authorization");
        if (inUrl is not null && (hasAuthorization || BasicAuth.IsGiven(result)))
        {
            throw new UsageException($"url: user and password cannot be combined with {(hasAuthorization ? $"{Header.Name} Authorization" : BasicAuth.Name)}");
        }

        RefuseHeader(result, BasicAuth, headers, "Authorization");
        RefuseHeader(result, Origin, headers, "Origin");
        RefuseHeader(result, Instance, headers, RouterDiagnosis.InstanceField);
        return new ConnectionOptions
        {
            Url = uri,
            Headers = headers,
            Origin = Origin.Read(result),
            Subprotocols = ReadSubprotocols(result),
            OffersCompression = Compression.IsGiven(result),

            // A typed value wins over the variable.
            BasicAuth = hasAuthorization ? null : inUrl ?? BasicAuth.Read(result),
            IsInsecure = Insecure.IsGiven(result),
            Authorities = Authorities.Read(result) is string file ? CertificateFiles.ReadCertificates(Authorities, file) : null,
            ClientCertificate = certificate,
            Proxy = Proxy.IsGiven(result) ? Proxy.Read(result) : FindProxy(uri),
            Timeout = Timeout.Read(result),
            Instance = Instance.Read(result),
        };
    }

    /// <summary>Refuses what would have no effect where only the URL's own connection counts.</summary>
    internal static void RefuseUnusedTls(ParseResult result, ConnectionOptions options) => Setting.RefuseIf(
        options.Url.Scheme != "wss" && options.Proxy?.Url.Scheme != ProxyChoice.Https,
        result,
        "is about TLS, which ws:// goes without; use wss://",
        Authorities,
        Certificate,
        Insecure);

    /// <summary>Refuses an option together with the header that it stands for.</summary>
    internal static void RefuseHeader(ParseResult result, Setting setting, IReadOnlyList<HeaderField> headers, string name) =>
        Setting.RefuseIf(Has(headers, name), result, $"cannot be combined with {Header.Name} {name}", setting);

    private static bool Has(IReadOnlyList<HeaderField> headers, string name) =>
        headers.Any(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>RFC 6455 §4.1: the names of subprotocols "MUST all be unique strings".</summary>
    private static IReadOnlyList<string> ReadSubprotocols(ParseResult result)
    {
        IReadOnlyList<string> names = Subprotocol.Read(result);
        return names.GroupBy(name => name).FirstOrDefault(same => same.Count() > 1) is { Key: string twice }
            ? throw new UsageException($"{Subprotocol.Name}: '{twice}' is given twice; each may be offered once (RFC 6455 §4.1)")
            : names;
    }

    private static ProxyChoice? FindProxy(Uri url)
    {
        ProxyChoice? proxy = ProxyEnvironment.Find(url, Utf8Input.Variable, out string? flaw);
        return flaw is null ? proxy : throw new UsageException(flaw);
    }

    private static X509Certificate2Collection? ReadClientCertificate(ParseResult result)
    {
        if (Certificate.Read(result) is not string certificateFile)
        {
            return Key.IsGiven(result) ? throw new UsageException($"{Key.Name}: needs {Certificate.Name} as well") : null;
        }

        X509Certificate2Collection certificates = CertificateFiles.ReadCertificates(Certificate, certificateFile);
        return [CertificateFiles.ReadWithKey(certificates[0], Key, Key.Read(result) ?? certificateFile), .. certificates.Skip(1)];
    }
}
