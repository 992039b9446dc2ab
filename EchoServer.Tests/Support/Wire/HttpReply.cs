namespace EchoServer.Tests.Support.Wire;

/// <summary>A whole HTTP answer, taken apart (RFC 9112 §4).</summary>
internal sealed class HttpReply(string statusLine, Dictionary<string, string> fields, byte[] body)
{
    public string StatusLine => statusLine;

    public int Status => int.Parse(StatusLine.Split(' ')[1], NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>The fields; one that stands twice fails the test.</summary>
    public IReadOnlyDictionary<string, string> Fields => fields;

    public byte[] Body => body;

    public string Text => Encoding.UTF8.GetString(Body);

    public JsonElement Json => JsonElement.Parse(Body);

    public static HttpReply To(int port, string request)
    {
        using var peer = new RawPeer(port);
        peer.Send(Encoding.Latin1.GetBytes(request));
        return Parse(peer.ReadToEnd());
    }

    public static HttpReply Get(int port, string path, params string[] fields) => To(port, Request("GET", path, fields));

    /// <summary>The open connections of an EchoServer, as it counts them itself.</summary>
    public static int OpenConnections(int port) =>
        Get(port, "/info").Json.GetProperty("connections").GetProperty("open").GetInt32();

    public static string Request(string method, string path, params string[] fields) =>
        string.Join("\r\n", [$"{method} {path} HTTP/1.1", "Host: localhost", .. fields, "", ""]);

    public static HttpReply Parse(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf("\r\n\r\n"u8);
        Assert.That(end, Is.Positive, "no whole head");
        string[] lines = Encoding.ASCII.GetString(bytes[..end]).Split("\r\n");
        var fields = lines.Skip(1).Select(line => line.Split(": ", 2))
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase);
        return new HttpReply(lines[0], fields, bytes[(end + 4)..].ToArray());
    }
}
