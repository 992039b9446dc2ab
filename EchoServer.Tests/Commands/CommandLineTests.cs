using System.Net;

namespace EchoServer.Tests.Commands;

/// <summary>Options, environment variables, and the errors for bad ones: one line on standard error, exit code 2 or 1.</summary>
internal sealed class CommandLineTests
{
    private static IEnumerable<TestCaseData> Mistakes()
    {
        yield return Variable("PORT", "abc", "PORT: 'abc' is not a port (0-65535)");
        yield return Variable("PORT", "70000", "PORT: '70000' is not a port (0-65535)");
        yield return Variable("PORT", "-1", "PORT: '-1' is not a port (0-65535)");
        yield return Variable("LOG_LEVEL", "loud", "LOG_LEVEL: 'loud' is not a log level (trace, debug, information, warning, error, critical, none)");
        yield return Variable("LOG_FORMAT", "xml", "LOG_FORMAT: 'xml' is not a log format (text, json)");
        yield return Variable("LOG_MESSAGES", "maybe", "LOG_MESSAGES: 'maybe' is not on, off, true or false");
        yield return Variable("ECHO_MAX_MESSAGE_BYTES", "0", "ECHO_MAX_MESSAGE_BYTES: '0' is not a size such as 64K or 16M (1-1073741824 bytes)");
        yield return Variable("ECHO_GREETING", new string('x', 1025), "is not a text of at most 1024 characters");
        yield return Variable("PORT", "8080\u001b[31m\nforged", @"PORT: '8080\u{1b}[31m\nforged' is not a port (0-65535)");
        yield return Option(["--port", "70000"], "--port: '70000' is not a port (0-65535)");
        yield return Option(["--port", "http"], "--port: 'http' is not a port (0-65535)");
        yield return Option(["--port=" + "99999999999"], "--port: '99999999999' is not a port (0-65535)");
        yield return Option(["--port"], "--port: exactly one value is needed: a port (0-65535)");
        yield return Option(["--port", "1", "--port", "2"], "--port: exactly one value is needed: a port (0-65535)");
        yield return Option(["--host", "nowhere.example"], "--host: 'nowhere.example' is not an address to listen on (an IPv4 or IPv6 address, localhost or *)");
        yield return Option(["--host", "1"], "--host: '1' is not an address");
        yield return Option(["--server.urls", "https://0.0.0.0:8080"], "--server.urls: 'https://0.0.0.0:8080' is not one address to listen on (http://host:port, without TLS)");
        yield return Option(["--server.urls", "http://*:1;http://*:2"], "--server.urls: 'http://*:1;http://*:2' is not one address to listen on (http://host:port, without TLS)");
        yield return Option(["serve", "--server.urls=http://*:1;https://*:2"], "--server.urls: 'http://*:1;https://*:2' is not one address to listen on");
        yield return Option(["--server.urls", "http://me:geheim@0.0.0.0:80"], "--server.urls: 'http://...@0.0.0.0:80' is not one address");
        yield return Option(["--server.urls", "http://0.0.0.0:x"], "--server.urls: 'http://0.0.0.0:x' is not");
        yield return Option(["--max-message-bytes", "1073741825"], "--max-message-bytes: '1073741825' is not a size such as 64K or 16M (1-1073741824 bytes)");
        yield return Option(["--log-messages", "no"], "--log-messages: 'no' is not on, off, true or false");
        yield return Option(["--log-level", "1"], "--log-level: '1' is not a log level");
        yield return Option(["--log-level", "+1"], "--log-level: '+1' is not a log level");
        yield return Option(["--log-level", "debug,information"], "--log-level: 'debug,information' is not a log level");
        yield return Option(["--log-format", "text,json"], "--log-format: 'text,json' is not a log format");
        yield return Option(["--host", "[::1]:9999"], "--host: '[::1]:9999' is not an address");
        yield return Option(["--host", "010.0.0.1"], "--host: '010.0.0.1' is not an address");
        yield return Option(["--handshake-timeout", "off"], "--handshake-timeout: 'off' is not a time such as 70s or 5m (0.1-86400 seconds)");
        yield return Option(["--message-timeout", "never"], "--message-timeout: 'never' is not a time such as 70s or 5m (0.1-86400 seconds; 0 or off for none)");
        yield return Option(["--max-fragments", "0"], "--max-fragments: '0' is not a number of fragments (1-2147483647)");
        yield return Option(["--max-connections", "0"], "--max-connections: '0' is not a number of connections (1-2147483647, or auto)");
        yield return Option(["--memory-budget", "lots"], "--memory-budget: 'lots' is not a size such as 64K or 16M (1-2147483647 bytes, or auto)");
        yield return Option(
            ["--allowed-origins", "wss://example.org"],
            "--allowed-origins: 'wss://example.org' is not a list of origins (https://host or https://host:port of pages, not ws:// or wss://, separated by commas)");
        yield return Option(["--allowed-origins", "https://a.example, ws://b.example:8080"], "is not a list of origins");
        yield return Variable("ECHO_ALLOWED_ORIGINS", "https://me@example.org", "ECHO_ALLOWED_ORIGINS: 'https://...@example.org' is not a list of origins");
        yield return Option(["--allowed-origins", "https://a.example, https://me:geheim@other/"], "--allowed-origins: 'https://...@other/' is not a list of origins");
        yield return Option(["--host", "me:geheim@host"], "--host: '...@host' is not an address");
        yield return Option(["--compression-level", "10"], "--compression-level: '10' is not a level (1-9)");
        yield return Option(["--no-such-option"], "'--no-such-option'");
        yield return Option(["nonsense"], "'nonsense'");
        yield return Option(["--prot", "1"], "'--prot'. Did you mean --port? (see --help)");
        yield return Option(["serve", "--log-levl", "debug"], "'--log-levl'. Did you mean --log-level? (see --help)");
        yield return Option(["--prot"], "'--prot'. Did you mean --port? (see --help)");
        yield return Option(["serv"], "'serv'. Did you mean serve? (see --help)");
        yield return Option(["clinet"], "'clinet'. Did you mean client? (see --help)");
        yield return Option(["clinet", "ws://host"], "'clinet'. Did you mean client? (see --help)");
        yield return Option(["check", "ws://host", "--jsn"], "'--jsn'. Did you mean --json? (see --help)");
        yield return Option(["ping", "ws://host", "--basic-aut", "me:geheim"], "'--basic-aut'. Did you mean --basic-auth? (see --help)");
        yield return Option(["zzz"], "'zzz'. (see --help)");
        yield return Option(["client", "ws://host", "--insecur"], "unknown option '--insecur'. Did you mean --insecure? A message that begins with - stands behind --. (see --help)");
        yield return Option(["client", "ws://host", "x", "--insecur", "y"], "unknown option '--insecur'. Did you mean --insecure?");
        yield return Option(["client", "ws://host", "--basci-auth", "me:geheim"], "unknown option '--basci-auth'. Did you mean --basic-auth?");
        yield return Option(["client", "--basci-auth", "me:geheim", "ws://host"], "unknown option '--basci-auth'. Did you mean --basic-auth?");
        yield return Option(["client", "ws://host", "--basci-auth=me:geheim"], "unknown option '--basci-auth'. Did you mean --basic-auth?");
        yield return Option(["client", "ws://host", "--basci-auth", "me:geheim", "--", "-x"], "unknown option '--basci-auth'.");
        yield return Option(["client", "ws://host", "-5"], "unknown option '-5'. A message that begins with - stands behind --.");
        yield return Option(["client", "-x", "--", "ws://host"], "unknown option '-x'.");
        yield return Option(["client", "ws://host", "-"], "unknown option '-'. A message that begins with - stands behind --.");
        yield return Option(["client", "ws://host", "x", "\u2014basic-auth", "me:geheim"], "unknown option '\u2014basic-auth'. Did you mean --basic-auth? A message");
        yield return Option(["client", "ws://host", "\u2013\u2013quiet"], "unknown option '\u2013\u2013quiet'. Did you mean --quiet?");
        yield return Option(["check", "ws://host", "\u2212k"], "unknown option '\u2212k'.");
        yield return Option(["\u2014port", "80"], "unknown option '\u2014port'. Did you mean --port? (see --help)");
        yield return Option(["CHECK", "ws://host"], "'CHECK'. Did you mean check? (see --help)");
        yield return Option(["client", "ws://host", "-V"], "unknown option '-V'. Did you mean -v?");
        yield return Option(["--PORT", "80"], "unknown option '--PORT'. Did you mean --port?");
        yield return Option(["ping", "ws://host", "--Cuont", "1"], "unknown option '--Cuont'. Did you mean --count?");
        yield return Option(["client", "ws://host", "--headers", "A: geheim"], "unknown option '--headers'. Did you mean --header?");
        yield return Option(["-help"], "unknown option '-help'. Did you mean --help? (see --help)");
        yield return Option(["client", "ws://host", "x", "-quiet"], "unknown option '-quiet'. Did you mean --quiet?");
        yield return Option(["ping", "ws://host", "-count", "1"], "unknown option '-count'. Did you mean --count?");
        yield return Option(["ping", "ws://host", "-count=1"], "unknown option '-count'. Did you mean --count?");
        yield return Option(["client", "ws://host", "--proxy", "socks4://me:geheim@host:1080"], "--proxy: the value (not shown) is not a proxy (http://[user:password@]host:port, https://host:port, socks5://host:port, or none; of SOCKS only version 5 is spoken)");
        yield return Option(["check", "ws://host", "--basic-aut:me:geheim"], "unknown option '--basic-aut'. Did you mean --basic-auth? (see --help)");
        yield return Option(["load", "--conns", "5", "ws://host"], "unknown option '--conns'. Did you mean --connections? (see --help)");
        yield return Option(["load", "--con", "5", "ws://host"], "unknown option '--con'. Did you mean --connections? (see --help)");
        yield return Option(["client", "ws://host", "--ts"], "unknown option '--ts'. A message");
        yield return Option(["client", "ws://host", "--subproto", "a"], "unknown option '--subproto'. Did you mean --subprotocol?");
        yield return Option(["ping", "ws://host", "--rnd"], "unknown option '--rnd'. (see --help)");
        yield return Option(["load", "--conections", "5", "ws://host"], "unknown option '--conections'. Did you mean --connections? (see --help)");
        yield return Option(["sever"], "'sever'. (see --help)");
        yield return Option(["check"], "check: <url> is missing. Where to connect: ws://, wss://, http:// (means ws)");
        yield return Option(["load", "ws://host", "--chart", "--json"], "--chart: a value is needed, and '--json' is an option");
        yield return Option(["--greeting", "--prefix"], "--greeting: a value is needed, and '--prefix' is an option");
        yield return Option(["load", "ws://host", "--chart", "-"], "--chart: '-' is standard output, which has the report; it takes a file to write");
        yield return Option(["client", "ws://host", "--compression", "off"], "--compression: takes no value, and 'off' is one");
        yield return Option(["load", "--json", "ON", "ws://host"], "--json: takes no value, and 'ON' is one");
        yield return Option(["client", "ws://host", "--quiet", "true"], "--quiet: takes no value, and 'true' is one");
        yield return Option(["check", "ws://host", "--json=false"], "--json: takes no value, and 'false' is one");
        yield return Option(["ping", "wss://host", "-k", "true"], "--insecure: takes no value, and 'true' is one");
        yield return Option(["ping", "wss://host", "--insecure=me:geheim"], "--insecure: takes no value, and the given text (not shown) is one");
        yield return Option(["client", "ws://host", "x", "--json=secret"], "--json: takes no value, and 'secret' is one (see --help)");
        yield return Option(["client", "ws://host", "x", "--quiet=maybe"], "--quiet: takes no value, and 'maybe' is one");
        yield return Option(["client", "ws://host", "x", "--verbose:no"], "--verbose: takes no value, and 'no' is one");
        yield return Option(["client", "ws://host", "x", "--quiet="], "--quiet: takes no value, and '' is one");
        yield return Option(["client", "ws://host", "x", "-q=x"], "--quiet: takes no value, and 'x' is one");
        yield return Option(["client", "ws://host", "x", "-qx"], "--quiet: takes no value, and 'x' is one");
        yield return Option(["client", "ws://host", "x", "-qtx"], "--timestamps: takes no value, and 'x' is one");
        yield return Option(["client", "--json=ws://me:geheim@host", "x"], "--json: takes no value, and 'ws://...@host' is one");
        yield return Option(["client", "ws://host", "-n", "1", "-qHa:b", "--json=x", "y"], "--json: takes no value, and 'x' is one");
        yield return Option(["ping", "--frames=ws://host"], "--frames: takes no value, and 'ws://host' is one");
        yield return Option(["load", "ws://host", "--text=no"], "--text: takes no value, and 'no' is one");
        yield return Option(["--version=x"], "--version: takes no value, and 'x' is one");
        yield return Option(["--help=x"], "--help: takes no value, and 'x' is one");
        yield return Option(["serve", "-hx"], "--help: takes no value, and 'x' is one");
        yield return Option(["help", "client", "--json=x"], "--json: takes no value, and 'x' is one");
        yield return Option(["--port", "1", "client", "ws://host"], "--port: is not an option of client (see --help)");
        yield return Option(["--greeting=x", "ping", "ws://host"], "--greeting: is not an option of ping");
        yield return Option(["--port", "0", "serve", "--port", "0"], "--port: exactly one value is needed");
        yield return Option(["--quiet", "client", "ws://host"], "unknown option '--quiet'. It stands behind client.");
        yield return Option(["-k", "ping", "ws://host"], "unknown option '-k'. It stands behind ping. (see --help)");
        yield return Option(["help", "clinet"], "unknown command or argument 'clinet'. Did you mean client? (see --help)");
        yield return Option(["zzz", "--help"], "unknown command or argument 'zzz'. (see --help)");
        yield return Option(["ws://me:geheim@host"], "'ws://...@host'. (see --help)");
        yield return Option(["serve", "--port", "x"], "--port: 'x' is not a port (0-65535)");
        yield return Option(["client"], "url");
        yield return Option(["client", "ftp://host"], "url: 'ftp://host' is not a ws://, wss://, http:// or https:// URL");
        yield return Option(["client", "ws://[fe80::1%25nosuch0]:8080"], "url: this machine has no network interface 'nosuch0'");
        yield return Option(["load", "ws://:geheim@host:99999"], "url: the port '99999' of 'ws://...@host:99999' is not a number from 1 to 65535");
        yield return Option(["check", "//[::1]:8080/raw"], "Did you mean ws://[::1]:8080/raw?");
        yield return Option(["load", "ws:me:geheim@host:8080"], "Did you mean ws://...@host:8080?");
        yield return Option(["client", "ws://localhost:99999"], "url: the port '99999' of 'ws://localhost:99999' is not a number from 1 to 65535");
        yield return Option(["ping", "wss://me:geheim@host:80a?b:c"], "url: the port '80a' of 'wss://...@host:80a?b:c' is not a number from 1 to 65535");
        yield return Option(["client", "ws://host", "--count", "-1", "x"], "--count");
        yield return Option(["client", "ws://host", "--count", "many", "x"], "--count: 'many' is not a number of echoes (0-1000000000)");
        yield return Option(["client", "ws://host", "--count", "1"], "--count: needs messages as arguments");
        yield return Option(["client", "ws://host", "x", "--wait", "1"], "--wait: cannot be combined with messages as arguments");
        yield return Option(["client", "ws://host", "x", "--reconnect"], "--reconnect: cannot be combined with messages as arguments");
        yield return Option(["client", "ws://host", "--wait", "soon"], "--wait: 'soon' is not a time such as 70s or 5m (0-86400 seconds)");
        yield return Option(["client", "ws://host", "--timeout", "0"], "--timeout: '0' is not a time such as 70s or 5m (0.1-86400 seconds)");
        yield return Option(["client", "ws://host", "--ping-interval", "x"], "--ping-interval: 'x' is not a time such as 70s or 5m (0.1-86400 seconds; 0 or off for none)");
        yield return Option(["client", "ws://host", "-H", "no-colon geheim"], "--header: the value (not shown) is not a header such as 'X-Name: value'");
        yield return Option(["client", "ws://host", "-H", "A: geheim\nC: d"], "--header: 'A: ...' is not a header");
        yield return Option(["client", "ws://host", "-H", "Upgrade: x"], "--header: 'Upgrade: ...' is not a header");
        yield return Option(["client", "ws://host", "--header"], "--header: exactly one value is needed: a header");
        yield return Option(["client", "ws://host", "--subprotocol", "a b"], "--subprotocol: 'a b' is not the name of a subprotocol");
        yield return Option(["client", "ws://host", "--subprotocol", "a", "-s", "b", "-s", "a"], "--subprotocol: 'a' is given twice; each may be offered once (RFC 6455 §4.1)");
        yield return Option(["load", "ws://host", "-s", "a", "-s", "a"], "--subprotocol: 'a' is given twice");
        yield return Option(["client", "ws://host", "--origin", "x y"], "--origin: 'x y' is not an origin (such as https://example.org, or null; --header takes any Origin)");
        yield return Variable("ALL_PROXY", "'http://127.0.0.1:9'", "ALL_PROXY: the value (not shown) is not a proxy", "client", "ws://host", "x");
        yield return Variable("http_proxy", "\"127.0.0.1:9\"", "http_proxy: the value (not shown) is not a proxy", "ping", "ws://host");
        yield return Variable("HTTPS_PROXY", "socks5h://127.0.0.1:99999", "HTTPS_PROXY: the value (not shown) is not a proxy", "check", "wss://host");
        yield return Option(["client", "ws://host", "--basic-auth", "geheim"], "--basic-auth: the value (not shown) is not a user and a password (user:password)");
        yield return Variable("ECHO_BASIC_AUTH", "geheim", "ECHO_BASIC_AUTH: the value (not shown) is not a user and a password", "client", "ws://host");
        yield return Option(["client", "ws://host", "--ca", "/no/such/file"], "--ca: '/no/such/file' is in a folder that does not exist; it takes a file with certificates in PEM");
        yield return Option(["client", "ws://host", "--ca", "/etc/passwd"], "--ca: '/etc/passwd' has no certificate; it takes a file with certificates in PEM");
        yield return Option(["client", "ws://host", "--cert", "/no/such/file"], "--cert: '/no/such/file' is in a folder that does not exist; it takes a file with certificates in PEM");
        yield return Option(["client", "ws://host", "--key", "/no/such/file"], "--key: needs --cert as well");
        yield return Option(["client", "ws://host", "--proxy", "ftp://user:geheim@host"], "--proxy: the value (not shown) is not a proxy");
        yield return Option(["client", "ws://host", "--instance", "1:2"], "--instance: '1:2' is not the GUID of an app and the number of an instance (GUID:INDEX)");
        yield return Option(["ping"], "url");
        yield return Option(["ping", "ws://host", "-i", "0"], "--interval: '0' is not a time such as 70s or 5m (0.01-86400 seconds)");
        yield return Option(["ping", "ws://host", "-c", "0"], "--count: '0' is not a number of messages (1-1000000000)");
        yield return Option(["ping", "ws://host", "-W", "x"], "--wait: 'x' is not a time such as 70s or 5m (0.1-86400 seconds)");
        yield return Option(["load"], "url");
        yield return Option(["load", "tcp://x:1"], "url: 'tcp://x:1' is not a ws://, wss://, http:// or https:// URL");
        yield return Option(["load", "ws://x", "--connections", "0"], "--connections: '0' is not a number of connections (1-1000000)");
        yield return Option(["load", "ws://x", "--size", "16777217"], "--size: '16777217' is not a size such as 64K or 16M (1-16777216 bytes)");
        yield return Option(["load", "ws://x", "--in-flight=-1"], "--in-flight: '-1' is not a number of messages (1-65536)");
        yield return Option(["load", "ws://x", "--in-flight", "65536", "--connections", "1000000"], "--in-flight: 65536 on each of 1000000 connections are over 16777216 messages");
        yield return Option(["load", "ws://x", "--rate", "0"], "--rate: '0' is not a number of messages a second (0.1-10000000)");
        yield return Option(["load", "ws://x", "--rate", "NaN"], "--rate: 'NaN' is not a number of messages a second (0.1-10000000)");
        yield return Option(["load", "ws://x", "--ramp", "1e3"], "--ramp: '1e3' is not a number of connections a second (0.1-100000)");
        yield return Option(["load", "ws://x", "--duration", "long"], "--duration: 'long' is not a time such as 70s or 5m (0.1-86400 seconds)");
        yield return Option(["load", "ws://x", "--timeout", "0"], "--timeout: '0' is not a time such as 70s or 5m (0.1-86400 seconds)");
        yield return Option(["load", "ws://x", "--text", "--binary"], "--text: cannot be combined with --binary");
        yield return Option(["load", "ws://x", "--hold", "--rate", "5"], "--rate: cannot be combined with --hold, which sends nothing");
        yield return Option(["load", "ws://x", "--hold", "--binary"], "--binary: cannot be combined with --hold, which sends nothing");
        yield return Option(["load", "ws://x", "--rate"], "--rate: exactly one value is needed: a number of messages a second");
        yield return Option(["load", "ws://x", "--expect-echo", "no"], "--expect-echo: 'no' is not on, off, true or false");
        yield return Option(["load", "ws://x", "--send", ""], "--send: '' is not a file with a message on each line");
        yield return Option(["load", "ws://x", "--port", "1"], "'--port'");
        yield return Option(["check", "ws://x", "--idle", "long"], "EchoServer: --idle: 'long' is not a time");
        yield return Option(["check", "ws://x", "--connections", "0"], "EchoServer: --connections: '0' is not a number of connections (1-10000)");
        yield return Option(["check", "ws://x", "--quick", "--idle", "70"], "EchoServer: --idle: cannot be combined with --quick");
        yield return Option(["check", "ws://x", "--quick", "--json"], "EchoServer: --json: cannot be combined with --quick");
        yield return Option(["check", "ws://x", "--quick", "--strict", "--watch", "1"], "EchoServer: --strict: cannot be combined with --quick");
        yield return Option(["check", "ws://x", "--watch", "often"], "EchoServer: --watch: 'often' is not a time");
        yield return Option(["check", "ws://x", "--send", "hi"], "EchoServer: --send: needs --expect behind it");
        yield return Option(["check", "ws://x", "--expect", "hello", "--send", "hi"], "EchoServer: --send: needs --expect behind it");
        yield return Option(["check", "ws://x", "--expect", "/(a/"], "EchoServer: --expect: '/(a/' is not a text, the whole of the message, or /.../ around a regular expression");

        static TestCaseData Variable(string name, string value, string quoted, params string[] arguments) =>
            new TestCaseData(arguments, new Dictionary<string, string> { [name] = value }, quoted)
                .SetName($"{{m}}({name}={value.Length} characters: {quoted[..Math.Min(quoted.Length, 30)].Replace('(', ' ').Replace(')', ' ')})");

        static TestCaseData Option(string[] arguments, string quoted) =>
            new TestCaseData(arguments, new Dictionary<string, string>(), quoted).SetName($"{{m}}({EscapedText.From(string.Join(' ', arguments).AsSpan())})");
    }

    [TestCaseSource(nameof(Mistakes))]
    [Parallelizable(ParallelScope.Children)]
    public async Task A_mistake_is_one_line_that_names_it_and_exit_code_2(
        string[] arguments, Dictionary<string, string> environment, string quoted)
    {
        ProgramResult result = await Programs.RunAsync(Programs.EchoServer(arguments, environment));

        // An error may be read over a shoulder or in a log.
        result.AssertFailed(2, Does.StartWith("EchoServer: ").And.Contain(quoted).And.EndsWith(" (see --help)\n").And.Not.Contain("geheim"));
    }

    [Test]
    public async Task An_address_of_another_machine_is_one_line_and_exit_code_1()
    {
        // RFC 5737: 192.0.2.0/24 is for documentation, no machine has it.
        ProgramResult result = await Programs.RunAsync(Programs.EchoServer(["--host", "192.0.2.1"]));
        result.AssertFailed(1, Does.StartWith("EchoServer: --host: cannot listen on 192.0.2.1:0: this machine does not have that address"));
    }

    [Test]
    public async Task A_privileged_port_without_permission_is_one_line_and_exit_code_1()
    {
        // As the user with the fewest rights, whichever user runs the tests.
        string firstFree = await File.ReadAllTextAsync("/proc/sys/net/ipv4/ip_unprivileged_port_start");
        Assume.That(Environment.IsPrivilegedProcess, "needs root, to become another user");
        Assume.That(int.Parse(firstFree, CultureInfo.InvariantCulture), Is.GreaterThan(80), "every user may listen on port 80 here");
        ProgramResult result = await Programs.RunAsync(Programs.Through(
            Programs.EchoServer(["--port", "80"]), "setpriv", "--clear-groups", "--regid", "65534", "--reuid", "65534"));
        result.AssertFailed(1, Does.StartWith("EchoServer: --port: cannot listen on 0.0.0.0:80: no permission"));
    }

    [TestCase("0.0.0.0", "127.0.0.1", new string[0], TestName = "{m}(every IPv4 address by default)")]
    [TestCase("127.0.0.1", "127.0.0.1", new[] { "--host", "localhost" }, TestName = "{m}(localhost)")]
    [TestCase("[::]", "::1", new[] { "--host", "[::]" }, TestName = "{m}([::], by IPv6)")]
    [TestCase("[::]", "127.0.0.1", new[] { "--host", "::" }, TestName = "{m}([::], by IPv4)")]
    [TestCase("[::1]", "::1", new[] { "--host", "::1" }, TestName = "{m}(::1)")]
    [TestCase("0.0.0.0", "127.0.0.1", new[] { "--host", "*" }, TestName = "{m}(*)")]
    [TestCase("127.0.0.1", "127.0.0.1", new[] { "--server.urls", "http://127.0.0.1:0" }, TestName = "{m}(server.urls)")]
    [TestCase("127.0.0.1", "127.0.0.1", new[] { "--server.urls=http://localhost:0/;" }, TestName = "{m}(server.urls with a separator)")]
    [TestCase("127.0.0.1", "127.0.0.1", new[] { "serve", "--server.urls", "http://*:1", "--host", "127.0.0.1", "--port", "0" }, TestName = "{m}(host and port win over server.urls)")]
    [TestCase("127.0.0.1", "127.0.0.1", new[] { "serve", "--server.urls", "http://127.0.0.1:0", "--port", "0" }, TestName = "{m}(port and server.urls agree)")]
    public async Task The_first_line_says_where_it_listens(string shown, string connectTo, string[] arguments)
    {
        await using ServerProcess server = await ServerProcess.StartAsync(arguments);
        Assert.That(server.FirstLine, Does.EndWith($"Listening on ws://{shown}:{server.Port}"));
        using var peer = new RawPeer(server.Port, IPAddress.Parse(connectTo));
        peer.Send(RawPeer.UpgradeRequest());
        Assert.That(peer.ReadHead(), Does.StartWith("HTTP/1.1 101 "));
    }

    [TestCase("0.0.0.0:1", "--port", "PORT")]
    [TestCase("127.0.0.1:PORT", "--host", "0.0.0.0")]
    public async Task An_address_that_is_not_listened_on_is_warned_of(string unused, string option, string value)
    {
        // The port is in use: the server ends at once.
        string port = SharedServers.Default.Port.ToString(CultureInfo.InvariantCulture);
        unused = unused.Replace("PORT", port);
        ProgramResult result = await Programs.RunAsync(Programs.EchoServer(["--server.urls", $"http://{unused}", option, value.Replace("PORT", port)]));
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((1, "")));
        Assert.That(result.Error, Does.StartWith(
            $"EchoServer: warning: --server.urls: the server does not listen on {unused}, because --host or --port is given as well\nEchoServer: --").And.Contain($"cannot listen on 0.0.0.0:{port}: "));
    }

    [Test]
    public async Task The_port_of_the_environment_is_taken_and_the_option_wins_over_it()
    {
        int free = FreePort.Find();
        await using (ServerProcess server = await ServerProcess.StartAsync([], new Dictionary<string, string> { ["PORT"] = $"{free}" }))
        {
            Assert.That(server.Port, Is.EqualTo(free));
        }

        await using (ServerProcess server = await ServerProcess.StartAsync(["--port", "0"], new Dictionary<string, string> { ["PORT"] = "1" }))
        {
            Assert.That(server.Port, Is.GreaterThan(1023));
        }
    }

    [Test]
    public async Task A_value_may_begin_with_an_at_sign()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(["--greeting", "@home"]);
        using RawPeer peer = RawPeer.Open(server.Port, "/");
        Assert.That(peer.ReadText(), Is.EqualTo("@home"));
    }

    [Test]
    public async Task An_address_that_cannot_be_listened_on_is_blamed_on_the_host([Values("::ffff:127.0.0.1", "fe80::1")] string host)
    {
        ProgramResult result = await Programs.RunAsync(Programs.EchoServer(["--host", host]));
        result.AssertFailed(1, Does.StartWith("EchoServer: --host: cannot listen on "));
    }

    [Test]
    public async Task A_slash_begins_a_message([Values("/?", "/h")] string message) => Assert.That(
        await Programs.RunAsync(Programs.EchoServer(["client", SharedServers.Default.Url("/raw").AbsoluteUri, message, "-q"])),
        Is.EqualTo(new ProgramResult(0, $"{message}\n", "")));

    [Test]
    public async Task An_option_of_the_server_may_stand_before_its_command()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(["--greeting", "before", "serve"]);
        using RawPeer peer = RawPeer.Open(server.Port, "/");
        Assert.That(peer.ReadText(), Is.EqualTo("before"));
    }

    [Test]
    public async Task A_value_may_be_like_a_switch_of_another_command()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(["serve", "--greeting", "--json=x"]);
        using RawPeer peer = RawPeer.Open(server.Port, "/");
        Assert.That(peer.ReadText(), Is.EqualTo("--json=x"));
    }

    [Test]
    public async Task Texts_and_limits_of_the_environment_are_taken()
    {
        await using ServerProcess server = await ServerProcess.StartAsync([], new Dictionary<string, string>
        {
            ["ECHO_GREETING"] = "",
            ["ECHO_PREFIX"] = "> ",
            ["ECHO_MAX_MESSAGE_BYTES"] = "10",
        });
        using RawPeer peer = RawPeer.Open(server.Port, "/");
        peer.Send(WireFrame.Text("ten bytes!"));
        Assert.That(peer.ReadText(), Is.EqualTo("> ten bytes!"));
        peer.Send(WireFrame.Text("more than ten bytes"));
        Assert.That(peer.ReadOneFrame().CloseCode, Is.EqualTo(1009));
    }

    [TestCase("-qn1")]
    [TestCase("-qn=1")]
    [TestCase("-n1", "-q")]
    [TestCase("-q", "-HX:--json=y")]
    public async Task Short_options_may_stand_together_and_a_message_behind_the_dashes_is_no_option(params string[] options)
    {
        ProgramResult result = await Programs.RunAsync(Programs.EchoServer(["client", SharedServers.Default.Url("/raw").AbsoluteUri, .. options, "--", "--json=y"]));
        Assert.That(result, Is.EqualTo(new ProgramResult(0, "--json=y\n", "")));
    }

    [TestCase("--help", "--max-message-bytes")]
    [TestCase("--version", "1.0.0")]
    [TestCase("help", "--max-message-bytes")]
    [TestCase("help serve", "Usage: EchoServer serve [options]")]
    [TestCase("help client", "Usage: EchoServer client <url>")]
    public async Task It_says_what_it_can_do_and_what_it_is(string arguments, string expected)
    {
        ProgramResult result = await Programs.RunAsync(Programs.EchoServer(arguments.Split(' ')));
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        Assert.That(result.Output, Does.Contain(expected));
    }
}
