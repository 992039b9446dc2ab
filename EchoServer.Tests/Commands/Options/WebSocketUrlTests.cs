using EchoServer.Commands.Options;
using EchoServer.Connect;

namespace EchoServer.Tests.Commands.Options;

/// <summary>The URL of the client commands: nothing of it is lost but the fragment.</summary>
[Parallelizable(ParallelScope.Children)]
internal sealed class WebSocketUrlTests
{
    [TestCase("ws://host", "ws://host/")]
    [TestCase("HTTP://Host:80/a?b#c", "ws://host/a?b")]
    [TestCase("https://host:443", "wss://host/")]
    [TestCase("http://host:443/@", "ws://host:443/@")]
    [TestCase("ws://host/[%25]", "ws://host/[%25]")]
    public void A_page_s_scheme_becomes_that_of_a_WebSocket(string typed, string expected)
    {
        Assert.That(WebSocketUrl.Parse(typed, out BasicCredentials? user).AbsoluteUri, Is.EqualTo(expected));
        Assert.That(user, Is.Null);
    }

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
        Uri url = WebSocketUrl.Parse(typed);
        Assert.That((url.IdnHost, url.Port, url.PathAndQuery), Is.EqualTo((expected, 81, "/a")));

        // RFC 6874 §4: a server is not told the zone, which means nothing to it.
        Assert.That(HttpExchange.Host(url), Is.EqualTo("[fe80::1]"));
    }

    [TestCase("client", "x", "-q")]
    [TestCase("ping", "-c", "1")]
    [TestCase("check", "--quick")]
    [TestCase("load", "--duration", "0.1", "--connections", "1")]
    public async Task A_password_may_have_no_user(string command, params string[] options)
    {
        var request = new TaskCompletionSource<string>();
        using var server = new ScriptedServer((peer, connection) =>
        {
            string head = peer.ReadHead();
            request.TrySetResult(head);
            peer.Send(ScriptedServer.Accept(head));
            ScriptedServer.EchoAll(peer, connection, (_, _, message) => [message]);
        });
        ProgramResult result = await Programs.RunAsync(Programs.EchoServer([command, $"ws://:geheim@{server.Url.Authority}/", "-H", "Content-Type: x", .. options]));
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        Assert.That(await request.Task, Does.Contain("\r\nAuthorization: Basic OmdlaGVpbQ==\r\n").And.Contain("\r\nContent-Type: x\r\n"));
    }
}
