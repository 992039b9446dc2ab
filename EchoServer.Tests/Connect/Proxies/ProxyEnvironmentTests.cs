using EchoServer.Connect.Proxies;

namespace EchoServer.Tests.Connect.Proxies;

/// <summary>Which proxy the variables of the environment name. A row has them as "name=value", separated by '|'.</summary>
internal sealed class ProxyEnvironmentTests
{
    private static readonly Uri Ws = new("ws://echo.example.org/");
    private static readonly Uri Wss = new("wss://echo.example.org/");

    [TestCase("", null, null)]
    [TestCase("http_proxy=http://p:8080", "http://p:8080/", null)]
    [TestCase("https_proxy=http://p:8080", null, "http://p:8080/")]
    [TestCase("HTTP_PROXY=http://p:8080", "http://p:8080/", null)]
    [TestCase("HTTPS_PROXY=http://p:8080", null, "http://p:8080/")]
    [TestCase("all_proxy=http://p:8080", "http://p:8080/", "http://p:8080/")]
    [TestCase("ALL_PROXY=http://p:8080|HTTP_PROXY=http://q:8080", "http://q:8080/", "http://p:8080/")]
    [TestCase("https_proxy=http://p:1|HTTPS_PROXY=http://q:1", null, "http://p:1/")]
    [TestCase("https_proxy=|HTTPS_PROXY=http://q:1", null, "http://q:1/")]
    [TestCase("http_proxy=|all_proxy=", null, null)]
    [TestCase("HTTP_PROXY=http://p:8080|GATEWAY_INTERFACE=CGI/1.1", null, null)]
    [TestCase("http_proxy=http://p:8080|GATEWAY_INTERFACE=CGI/1.1", "http://p:8080/", null)]
    [TestCase("all_proxy=p:8080", "http://p:8080/", "http://p:8080/")]
    [TestCase("all_proxy=p", "http://p/", "http://p/")]
    [TestCase("all_proxy=https://p", "https://p/", "https://p/")]
    [TestCase("all_proxy=socks5://p", "socks5://p:1080/", "socks5://p:1080/")]
    [TestCase("all_proxy=socks5://[::1]:9", "socks5://[::1]:9/", "socks5://[::1]:9/")]
    [TestCase("ALL_PROXY=socks5h://p", "socks5://p:1080/", "socks5://p:1080/")]
    [TestCase("ALL_PROXY=SOCKS5h://p:9/", "socks5://p:9/", "socks5://p:9/")]
    [TestCase("all_proxy=http://p|no_proxy=example.org", null, null)]
    [TestCase("all_proxy=http://p|NO_PROXY=example.org:443", "http://p/", null)]
    [TestCase("all_proxy=http://p|no_proxy=a.example|NO_PROXY=example.org", "http://p/", "http://p/")]
    [TestCase("all_proxy=ftp://not.used|no_proxy=*", null, null)]
    [TestCase("ALL_PROXY=none", null, null)]
    [TestCase("ALL_PROXY=http://p:8080|http_proxy=None", null, "http://p:8080/")]
    [TestCase("ALL_PROXY=http://none", "http://none/", "http://none/")]
    public void The_variable_of_the_scheme_comes_before_that_for_all(string variables, string? plain, string? secure)
    {
        Assert.That(Find(Ws, variables), Is.EqualTo((plain, (string?)null)));
        Assert.That(Find(Wss, variables), Is.EqualTo((secure, (string?)null)));
    }

    [TestCase("http://me:secret@p:1", "me", "secret")]
    [TestCase("me:secret@p:1", "me", "secret")]
    [TestCase("http://me:a%40b@p:1", "me", "a@b")]
    [TestCase("http://me:a@b/c#d?e@p:1", "me", "a@b/c#d?e")]
    [TestCase("http://me:a:b@p:1", "me", "a:b")]
    [TestCase("socks5://me@p:1", "me", "")]
    [TestCase("http://:secret@p:1", "", "secret")]
    [TestCase(":secret@p:1", "", "secret")]
    [TestCase("socks5h://:secret@p:1", "", "secret")]
    public void User_and_password_may_be_percent_encoded_or_not(string value, string user, string password)
    {
        ProxyChoice? proxy = ProxyEnvironment.Find(Ws, name => name == "http_proxy" ? value : null, out string? flaw);
        Assert.That(flaw, Is.Null);
        Assert.That((proxy!.User!.User, proxy.User.Password), Is.EqualTo((user, password)));
        Assert.That(proxy.Url.AbsoluteUri, Does.Match("^(http|socks5)://p:1/$"));
        Assert.That($"{proxy} {proxy.User}", Does.Not.Contain("secret").And.Not.Contain("me"));
    }

    [TestCase("https_proxy=ftp://p:21", "https_proxy: the value (not shown) is not a proxy (")]
    [TestCase("HTTPS_PROXY=http://me:secret@p:port", "HTTPS_PROXY: the value (not shown) is not a proxy (")]
    [TestCase("all_proxy=http://", "all_proxy: the value (not shown) is not a proxy (")]
    [TestCase("ALL_PROXY=http://p:1/path", "ALL_PROXY: the value (not shown) is not a proxy (")]
    [TestCase("ALL_PROXY=socks4://p:1", "ALL_PROXY: the value (not shown) is not a proxy (", "; of SOCKS only version 5 is spoken")]
    [TestCase("ALL_PROXY=socks://p:1", "ALL_PROXY: the value (not shown) is not a proxy (", "; of SOCKS only version 5 is spoken")]
    [TestCase("ALL_PROXY=socks5h://p:port", "ALL_PROXY: the value (not shown) is not a proxy (", "socks5://host:port, or none)")]
    [TestCase("ALL_PROXY='socks5://p:1'", "ALL_PROXY: the value (not shown) is not a proxy (")]
    [TestCase("ALL_PROXY=\"p:1\"", "ALL_PROXY: the value (not shown) is not a proxy (")]
    [TestCase("ALL_PROXY=http://p:65536", "ALL_PROXY: the value (not shown) is not a proxy (")]
    [TestCase("ALL_PROXY=http://p:0", "ALL_PROXY: the value (not shown) is not a proxy (", "or none)")]
    [TestCase("ALL_PROXY=http://a%3Ab:secret@p:1", "ALL_PROXY: the value (not shown) is not a proxy (")]
    [TestCase("ALL_PROXY=http://p|NO_PROXY=\"a.example", "NO_PROXY: '\"a.example' is not a host, an address or a network")]
    [TestCase("ALL_PROXY=//p:1", "ALL_PROXY: the value (not shown) is not a proxy (")]
    [TestCase("ALL_PROXY=http://p|no_proxy=10.0.0.0/99", "no_proxy: '10.0.0.0/99' is not a host, an address or a network")]
    [TestCase("ALL_PROXY=http://p|NO_PROXY=a:b", "NO_PROXY: 'a:b' is not a host, an address or a network")]
    public void A_value_that_cannot_be_used_is_an_error_that_names_its_variable(string variables, string start, string end = "")
    {
        (string? proxy, string? flaw) = Find(Wss, variables);
        Assert.That(proxy, Is.Null);
        Assert.That(flaw, Does.StartWith(start).And.EndWith(end).And.Not.Contain("secret"));
    }

    private static (string? Proxy, string? Flaw) Find(Uri url, string variables)
    {
        Dictionary<string, string> environment = variables.Split('|', StringSplitOptions.RemoveEmptyEntries)
            .Select(variable => variable.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        ProxyChoice? proxy = ProxyEnvironment.Find(url, name => environment.GetValueOrDefault(name), out string? flaw);
        return (proxy?.Url.AbsoluteUri, flaw);
    }
}
