using EchoServer.Commands.Options;
using EchoServer.Connect;
using EchoServer.Tests.Check;

namespace EchoServer.Tests.Commands.Options;

/// <summary>The URL of the client commands: nothing of it is lost.</summary>
[Parallelizable(ParallelScope.Children)]
internal sealed class WebSocketUrlTests
{
    [TestCase("ws://host", "ws://host/")]
    [TestCase("HTTP://Host:80/a?b%23c", "ws://host/a?b%23c")]
    [TestCase(" https://host:443\n", "wss://host/")]
    [TestCase("ws://host:", "ws://host/")]
    [TestCase("http://host:443/@", "ws://host:443/@")]
    [TestCase("ws://host/[%25]", "ws://host/[%25]")]
    [TestCase("ws://host/a|b^c\"d?a b|\"^", "ws://host/a%7Cb%5Ec%22d?a%20b%7C%22%5E")]
    [TestCase("ws://host/ä?ö", "ws://host/%C3%A4?%C3%B6")]
    [TestCase("ws://host/%2f%ff?%2F%00", "ws://host/%2f%ff?%2F%00")]
    public void A_page_s_scheme_becomes_that_of_a_WebSocket(string typed, string expected)
    {
        Assert.That(WebSocketUrl.Parse(typed, out BasicCredentials? user).AbsoluteUri, Is.EqualTo(expected));
        Assert.That(user, Is.Null);
    }

    [TestCase("localhost", "ws://localhost/")]
    [TestCase("localhost:8080/path?x=http://y", "ws://localhost:8080/path?x=http://y")]
    [TestCase("a.localhost.", "ws://a.localhost./")]
    [TestCase("LOCALHOST/x", "ws://localhost/x")]
    [TestCase("localhost:443", "wss://localhost/")]
    [TestCase("127.1.2.3", "ws://127.1.2.3/")]
    [TestCase("[::1]", "ws://[::1]/")]
    [TestCase("[::1]:8080", "ws://[::1]:8080/")]
    [TestCase("[::1]:443", "wss://[::1]/")]
    [TestCase("[fd00::1]", "ws://[fd00::1]/")]
    [TestCase("192.168.1.2", "ws://192.168.1.2/")]
    [TestCase("172.31.0.1", "ws://172.31.0.1/")]
    [TestCase("172.32.0.1", "wss://172.32.0.1/")]
    [TestCase("93.184.215.14", "wss://93.184.215.14/")]
    [TestCase("[2001:db8::1]", "wss://[2001:db8::1]/")]
    [TestCase("example.com", "wss://example.com/")]
    [TestCase("example.com:8080", "ws://example.com:8080/")]
    [TestCase("example.com:443/x", "wss://example.com/x")]
    [TestCase("example.com:80", "ws://example.com/")]
    [TestCase(" example.com/path ", "wss://example.com/path")]
    [TestCase("bücher.example", "wss://bücher.example/")]
    [TestCase("echo", "wss://echo/")]
    [TestCase("mylocalhost", "wss://mylocalhost/")]
    public void A_scheme_may_be_left_out(string typed, string expected) => Assert.That(WebSocketUrl.Parse(typed, out _).AbsoluteUri, Is.EqualTo(expected));

    [Test]
    public void A_user_may_stand_before_a_host_without_a_scheme()
    {
        Assert.That(WebSocketUrl.Parse("me:8080@host/", out BasicCredentials? user).AbsoluteUri, Is.EqualTo("wss://host/"));
        Assert.That((user?.User, user?.Password), Is.EqualTo(("me", "8080")));
    }

    [TestCase(":8080", "':8080' has a port and no host. Did you mean localhost:8080?")]
    [TestCase("8080/x", "'8080/x' has a port and no host. Did you mean localhost:8080/x?")]
    [TestCase("ws:8080", "'ws:8080' has a port and no host. Did you mean localhost:8080?")]
    [TestCase("htps://host/x", "'htps://host/x' is not a ws://, wss://, http:// or https:// URL, or a host with or without a port. Did you mean https://host/x?")]
    [TestCase("wws://host", "'wws://host' is not a ws://, wss://, http:// or https:// URL, or a host with or without a port. Did you mean wss://host?")]
    [TestCase("ws:/host", "'ws:/host' is not a ws://, wss://, http:// or https:// URL, or a host with or without a port. Did you mean ws://host?")]
    [TestCase("ws//host", "'ws//host' is not a ws://, wss://, http:// or https:// URL, or a host with or without a port. Did you mean ws://host?")]
    [TestCase("WSS:host:1", "'WSS:host:1' is not a ws://, wss://, http:// or https:// URL, or a host with or without a port. Did you mean wss://host:1?")]
    [TestCase("//host:1/x", "'//host:1/x' is not a ws://, wss://, http:// or https:// URL, or a host with or without a port. Did you mean ws://host:1/x?")]
    [TestCase("ws://wss://host", "'ws://wss://host' is not a ws://, wss://, http:// or https:// URL, or a host with or without a port. Did you mean wss://host?")]
    [TestCase("unix:/path", "'unix:/path' is not a ws://, wss://, http:// or https:// URL, or a host with or without a port")]
    [TestCase("file:///x", "'file:///x' is not a ws://, wss://, http:// or https:// URL, or a host with or without a port")]
    [TestCase("ftp://host", "'ftp://host' is not a ws://, wss://, http:// or https:// URL, or a host with or without a port")]
    [TestCase("mailto:a@b", "'...@b' is not a ws://, wss://, http:// or https:// URL, or a host with or without a port")]
    [TestCase("/path", "'/path' is not a ws://, wss://, http:// or https:// URL, or a host with or without a port. Did you mean wss://path?")]
    [TestCase("htps://me:geheim@host/?token=geheim", "'htps://...@host/?token=***' is not a ws://, wss://, http:// or https:// URL, or a host with or without a port. Did you mean https://...@host/?token=***?")]
    public void Another_text_is_refused_with_what_is_meant(string typed, string error) => Assert.That(
        () => WebSocketUrl.Parse(typed, out _), Throws.TypeOf<UsageException>().With.Message.EqualTo($"url: {error}"));

    [TestCase("ws://me:secret@host/", "me", "secret")]
    [TestCase("ws://me@host/", "me", "")]
    [TestCase("ws://:secret@host/", "", "secret")]
    [TestCase("ws://:@host/", "", "")]
    [TestCase("ws://me:p%40ss@host/", "me", "p@ss")]
    [TestCase("ws://me:p@ss@host/", "me", "p@ss")]
    public void User_and_password_are_taken_out_of_it(string typed, string name, string password)
    {
        Assert.That(WebSocketUrl.Parse(typed, out BasicCredentials? user).AbsoluteUri, Is.EqualTo("ws://host/"));
        Assert.That((user?.User, user?.Password), Is.EqualTo((name, password)));
    }

    [TestCase("ws://[fe80::1%lo]:81/a", "fe80::1%lo")]
    [TestCase("http://[fe80::1%25lo]:81/a", "fe80::1%lo")]
    [TestCase("ws://me:secret@[fe80::1%251]:81/a", "fe80::1%1")]
    [TestCase("ws://[fe80::1%1]:81/a", "fe80::1%1")]
    public void The_zone_of_an_IPv6_address_is_kept(string typed, string expected)
    {
        Uri url = WebSocketUrl.Parse(typed, out _);
        Assert.That((url.IdnHost, url.Port, url.PathAndQuery), Is.EqualTo((expected, 81, "/a")));

        // RFC 6874 §4: a server is not told the zone, which means nothing to it.
        Assert.That(HttpExchange.Host(url), Is.EqualTo("[fe80::1]"));
    }

    [TestCase("ws:///x", "the host of 'ws:///x' is missing; write ws://host or ws://host:port")]
    [TestCase("https://", "the host of 'https://' is missing; write wss://host or wss://host:port")]
    [TestCase("ws://me:geheim@:80/", "the host of 'ws://...@:80/' is missing")]
    [TestCase("", "the host of '' is missing")]
    [TestCase("ws://[::1", "the host '[::1' of 'ws://[::1' has no ']' at its end")]
    [TestCase("ws://[::1]x/", "the host '[::1]x' of 'ws://[::1]x/' has no ']' at its end")]
    [TestCase("ws://[1.2.3.4]/", "the host '[1.2.3.4]' of 'ws://[1.2.3.4]/' is not an IPv6 address")]
    [TestCase("ws://::1/", "the host '::1' of 'ws://::1/' is an IPv6 address without brackets ([::1], [::1]:8080)")]
    [TestCase("fe80::1:8080", "the host 'fe80::1:8080' of 'fe80::1:8080' is an IPv6 address without brackets")]
    [TestCase("ws://h:1:2/", "the port '1:2' of 'ws://h:1:2/' is not a number from 1 to 65535")]
    [TestCase("http://[::1]:-1/", "the port '-1' of 'http://[::1]:-1/' is not a number from 1 to 65535")]
    [TestCase("ws://h:0/", "the port '0' of 'ws://h:0/' is not a number from 1 to 65535")]
    [TestCase("ws://h:+80", "the port '+80' of 'ws://h:+80' is not a number from 1 to 65535")]
    [TestCase("ws://a..b/", "the host 'a..b' of 'ws://a..b/' has nothing before a dot")]
    [TestCase("ws://.a/", "the host '.a' of 'ws://.a/' has nothing before a dot")]
    [TestCase("ws://%zz/", "the host '%zz' of 'ws://%zz/' has a '%'")]
    [TestCase("ws://a b/", "the host 'a b' of 'ws://a b/' has a ' '")]
    [TestCase("ws://a\u001bb/", @"the host 'a\u{1b}b' of 'ws://a\u{1b}b/' has a '\u{1b}'", TestName = "{m}(a control character in the host)")]
    [TestCase("ws://me:ge/heim@host/", "'ws://...@host/' has no host and port before its first '/'; in a user or password write %2F for '/', %3F for '?' and %23 for '#'")]
    [TestCase("ws://me:ge?heim@host/", "'ws://...@host/' has no host and port before its first '?'")]
    [TestCase("ws://me:ge#heim@host/", "'ws://...@host/' has no host and port before its first '#'")]
    [TestCase("me:ge/heim@host", "'...@host' has no host and port before its first '/'")]
    [TestCase("ws://host/a?b#geheim", "'ws://host/a?b#...' has a fragment, which no server is sent (RFC 6455 §3); leave it out, or write %23 for '#'")]
    [TestCase("ws://me:80#geheim@host", "'ws://...@host#...' has a fragment")]
    [TestCase("ws://host#", "'ws://host#...' has a fragment")]
    [TestCase("ws://a%3Ab:geheim@host/", "the user or password of 'ws://...@host/' has a control character, or the user has a ':' (RFC 7617 §2)")]
    [TestCase("ws://a:geheim%0A@host/", "the user or password of 'ws://...@host/' has a control character")]
    [TestCase("ws://a:geheim%FF@host/", "the user or password of 'ws://...@host/' is not UTF-8 where it is percent-encoded; write %25 for '%'")]
    [TestCase("ws://a%C3:geheim@host/", "the user or password of 'ws://...@host/' is not UTF-8")]
    [TestCase("ws://a:100%geheim@host/", "'ws://...@host/' has a '%' without two hex digits behind it (RFC 3986 §2.1); write %25 for '%'")]
    [TestCase("ws://host/%zz", "'ws://host/%zz' has a '%' without two hex digits behind it (RFC 3986 §2.1); write %25 for '%'")]
    [TestCase("ws://host/?a=%", "'ws://host/?a=%' has a '%' without")]
    [TestCase("ws://host/%4?b", "'ws://host/%4?b' has a '%' without")]
    [TestCase("ws://host/a\\b", @"'ws://host/a\b' has a '\'; write %5C for it")]
    [TestCase("ws://host/?a\nb", @"'ws://host/?a\nb' has a '\n'; write %0A for it")]
    [TestCase("ws://host/%zz?access_token=geheim", "'ws://host/%zz?access_token=***' has a '%'")]
    public void An_error_names_the_flaw(string typed, string flaw) => Assert.That(
        () => WebSocketUrl.Parse(typed, out _),
        Throws.TypeOf<UsageException>().With.Message.StartsWith($"url: {flaw}").And.Message.Not.Contain("geheim").And.Message.Not.Contain("me:"));

    [TestCase("client", "x", "-q")]
    [TestCase("ping", "-c", "1")]
    [TestCase("check", "--quick")]
    [TestCase("load", "--duration", "0.1", "--connections", "1")]
    public async Task A_password_may_have_no_user(string command, params string[] options)
    {
        using ScriptedServer server = EchoScripts.Server((_, _, message) => EchoScripts.Good(message));
        ProgramResult result = await Programs.RunAsync(Programs.EchoServer([command, $"ws://:geheim@{server.Url.Authority}/", "-H", "Content-Type: x", .. options]));
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        Assert.That(server.Requests.First(), Does.Contain("\r\nAuthorization: Basic OmdlaGVpbQ==\r\n").And.Contain("\r\nContent-Type: x\r\n"));
    }
}
