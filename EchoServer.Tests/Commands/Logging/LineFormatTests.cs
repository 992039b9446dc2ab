using System.Net;
using EchoServer.Commands.Logging;
using EchoServer.Echo;
using EchoServer.WebSockets;
using Microsoft.Extensions.Logging;

namespace EchoServer.Tests.Commands.Logging;

/// <summary>How a log line looks, to the byte but for the time.</summary>
internal sealed class LineFormatTests
{
    private static readonly Regex Name = new(@"\{(?<name>\w+)");
    private const string Category = "Nä\"me";

    // {"time":"2026-01-02T03:04:05.678Z",
    private const int TimeLength = 35;

    private static readonly Func<string, Exception?, string> AsIs = (text, _) => text;

    private static IEnumerable<TestCaseData> JsonLines()
    {
        yield return Json("every level: trace", Plain(LogLevel.Trace, int.MinValue, ""), @"""level"":""trace"",CATEGORY,""message"":""""}");
        yield return Json("every level: debug", Plain(LogLevel.Debug, 0, "plain"), @"""level"":""debug"",CATEGORY,""message"":""plain""}");
        yield return Json("every level: error", Plain(LogLevel.Error, 0, "plain"), @"""level"":""error"",CATEGORY,""message"":""plain""}");
        yield return Json("every level: critical", Plain(LogLevel.Critical, 0, "plain"), @"""level"":""critical"",CATEGORY,""message"":""plain""}");
        yield return Json("an event with a name and no values", log => log.Log(LogLevel.Warning, new EventId(7, "SomeName"), "named event", null, AsIs),
            @"""level"":""warning"",""event"":""someName"",CATEGORY,""message"":""named event""}");
        yield return Json("values without a name of the event", log => log.Log(LogLevel.Warning, 7, Values("Hi {SomeName}", "x"), null, (_, _) => "Hi x"),
            @"""level"":""warning"",CATEGORY,""message"":""Hi x"",""someName"":""x""}");
        yield return Json("characters of JSON", Plain(LogLevel.Information, 1, "\"quoted\" back\\slash /slash"),
            @"""level"":""information"",CATEGORY,""message"":""\""quoted\"" back\\slash /slash""}");
        yield return Json("characters of HTML", Plain(LogLevel.Information, 1, "<a href='x'>&amp; + ` = </a>"),
            @"""level"":""information"",CATEGORY,""message"":""<a href='x'>&amp; + ` = </a>""}");
        yield return Json("control characters", Plain(LogLevel.Information, 1, "\0 \u0001 \b \t \n \v \f \r \u001b \u007f \u0085 \u009b"),
            @"""level"":""information"",CATEGORY,""message"":""\u0000 \u0001 \u0008 \t \n \u000b \u000c \r \u001b \u007f \u0085 \u009b""}");
        yield return Json("other scripts", Plain(LogLevel.Information, 1, "Grüße 🌍… Ж 日本 می\u200cخواهم \u00a0"),
            @"""level"":""information"",CATEGORY,""message"":""Grüße 🌍… Ж 日本 می" + "\u200cخواهم \u00a0\"}");
        yield return Json("characters that turn or break lines", Plain(LogLevel.Information, 1, "\u202e \u2066 \u200f \u2028 \u2029 \ufeff \U000E0041"),
            @"""level"":""information"",CATEGORY,""message"":""\u202e \u2066 \u200f \u2028 \u2029 \ufeff \udb40\udc41""}");
        yield return Json("halves of a surrogate pair", Plain(LogLevel.Information, 1, "\ud83c|\udf0d|"),
            @"""level"":""information"",CATEGORY,""message"":""\ufffd|\ufffd|""}");
        yield return Json("values", Valued("Hi Zoë, 5 0.50 (null) 127.0.0.1:80", "Hi {Name}, {Count} {Ratio:0.00} {None} {EndPoint}", "Zoë", 5, 0.5, null, new IPEndPoint(IPAddress.Loopback, 80)),
            @"""level"":""information"",""event"":""valued"",""name"":""Zoë"",""count"":5,""ratio"":0.5,""endPoint"":""127.0.0.1:80""}");
        yield return Json("values in other words", Valued("1000 NormalClosure for x", "{Code}{Client}{None}", new LoggedValue(1000, "1000 NormalClosure"), new LoggedValue("x", " for x"), default(LoggedValue)),
            @"""level"":""information"",""event"":""valued"",""code"":1000,""client"":""x""}");
        yield return Json("numbers", Valued("", "{A}{B}{C}{D}{E}{F}{G}{H}{I}{J}{K}", (byte)1, (sbyte)-1, (short)-2, (ushort)2, -3, 3u, long.MinValue, ulong.MaxValue, 1.5f, 1e300, 0.10m),
            @"""level"":""information"",""event"":""valued"",""a"":1,""b"":-1,""c"":-2,""d"":2,""e"":-3,""f"":3,""g"":-9223372036854775808,""h"":18446744073709551615,""i"":1.5,""j"":1E+300,""k"":0.10}");
        yield return Json("other types", Valued("", "{Yes}{No}{Letter}{Day}{Time}{Level}", true, false, 'ü', new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc), TimeSpan.FromSeconds(1.5), LogLevel.Error),
            @"""level"":""information"",""event"":""valued"",""yes"":true,""no"":false,""letter"":""ü"",""day"":""01/02/2026 03:04:05"",""time"":""00:00:01.5000000"",""level"":""Error""}");
        yield return Json("an exception", log => log.Log(LogLevel.Error, 8, "failed", new InvalidOperationException("one\r\ntwo", new IOException("inner <x>")), AsIs),
            @"""level"":""error"",CATEGORY,""message"":""failed"",""exception"":""System.InvalidOperationException: one\r\ntwo\n ---> System.IO.IOException: inner <x>\n   --- End of inner exception stack trace ---""}");

        static TestCaseData Json(string name, Action<ILogger> write, string expected) =>
            new TestCaseData(write, expected.Replace("CATEGORY", @"""category"":""Nä\""me""", StringComparison.Ordinal)).SetName($"{{m}}({name})");

        static Action<ILogger> Plain(LogLevel level, int eventId, string text) => log => log.Log(level, eventId, text, null, AsIs);

        static Action<ILogger> Valued(string message, string template, params object?[] values)
        {
            KeyValuePair<string, object?>[] state = Values(template, values);
            return log => log.Log(LogLevel.Information, new EventId(0, "valued"), state, null, (_, _) => message);
        }

        // As the source generator of the library hands them over.
        static KeyValuePair<string, object?>[] Values(string template, params object?[] values) =>
        [
            .. Name.Matches(template).Select((name, i) => new KeyValuePair<string, object?>(name.Groups["name"].Value, values[i])),
            new("{OriginalFormat}", template),
        ];
    }

    [TestCaseSource(nameof(JsonLines))]
    public void A_JSON_line_has_these_bytes(Action<ILogger> write, string expected)
    {
        string line = Write(LogFormat.Json, write).Single();
        Assert.That(line, Does.Match(@"^\{""time"":""\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"","));
        Assert.That(line[TimeLength..], Is.EqualTo(expected));
        Assert.That(() => JsonDocument.Parse(line), Throws.Nothing);
    }

    [Test]
    public void A_text_line_has_time_level_category_event_and_message()
    {
        LogLevel[] levels = [LogLevel.Trace, LogLevel.Debug, LogLevel.Information, LogLevel.Warning, LogLevel.Error, LogLevel.Critical];
        List<string> lines = Write(LogFormat.Text, log =>
        {
            foreach (LogLevel level in levels)
            {
                log.Log(level, new EventId(int.MinValue), "Grüße 🌍…", null, AsIs);
            }
        });
        string[] words = ["trce", "dbug", "info", "warn", "fail", "crit"];
        Assert.That(lines, Has.All.Match(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z "));
        Assert.That(lines.Select(line => line[25..]), Is.EqualTo(words.Select(word => $"{word}: {Category}[-2147483648] Grüße 🌍…")));
    }

    [Test]
    public void A_message_and_an_exception_of_many_lines_are_one_line_of_text()
    {
        var exception = new InvalidOperationException("one\r\ntwo", new IOException("inner"));
        string line = Write(LogFormat.Text, log => log.Log(LogLevel.Error, 7, "first\nsecond\r\nthird", exception, AsIs)).Single();
        Assert.That(line, Does.EndWith(
            $@" fail: {Category}[7] first\nsecond\r\nthird System.InvalidOperationException: one\r\ntwo\n ---> System.IO.IOException: inner\n" +
            "   --- End of inner exception stack trace ---"));
    }

    [TestCase("a\r\n\u001b[31m\u009b\u202e\u2028b", @"a\r\n\u{1b}[31m\u{9b}\u{202e}\u{2028}b", TestName = "{m}(control characters)")]
    [TestCase("Grüße 🌍 می\u200cخواهم", "Grüße 🌍 می\u200cخواهم")]
    public void A_line_of_text_is_escaped_whatever_logs_it(string text, string expected) =>
        Assert.That(Write(LogFormat.Text, log => log.Log(LogLevel.Information, 1, text, null, AsIs)).Single(), Does.EndWith($"[1] {expected}"));

    [TestCase(LogFormat.Text, "Z info: Echo[10] #12 Received Message: hi", 65)]
    [TestCase(LogFormat.Json, @"Z"",""level"":""information"",""event"":""message"",""connectionId"":12,""bytes"":2,""text"":""hi""}", 116)]
    public void A_message_takes_so_many_bytes(LogFormat format, string end, int length)
    {
        using var output = new WatchedStream();
        using (var queue = new LogQueue(output, format))
        {
            MessageLine.Log(queue.CreateLogger("Echo"), 12, new Message(isText: true, "hi"u8));
        }

        byte[] bytes = output.Bytes;
        Assert.That(Encoding.UTF8.GetString(bytes), Does.EndWith(end + Environment.NewLine));
        Assert.That(bytes, Has.Length.EqualTo(length - 1 + Environment.NewLine.Length));
    }

    [Test]
    public void The_longest_line_of_a_message_fits([Values(LogFormat.Text, LogFormat.Json)] LogFormat format)
    {
        byte[] emoji = [.. Enumerable.Repeat("🌍"u8.ToArray(), 1000).SelectMany(bytes => bytes)];
        string shown = string.Concat(Enumerable.Repeat("🌍", MessageLine.MaxCharacters));
        string line = Write(format, log => MessageLine.Log(log, long.MaxValue, new Message(isText: true, emoji))).Single();
        Assert.That(line, Does.EndWith(format == LogFormat.Text
            ? $"#9223372036854775807 Received Message: {shown}… (4000 bytes)"
            : $@"""connectionId"":9223372036854775807,""bytes"":4000,""text"":""{shown}…""}}"));
    }

    [Test]
    public void The_level_None_is_not_logged([Values(LogFormat.Text, LogFormat.Json)] LogFormat format) =>
        Assert.That(Write(format, log => log.Log(LogLevel.None, 1, "never", null, AsIs)), Is.Empty);

    private static List<string> Write(LogFormat format, Action<ILogger> write)
    {
        using var output = new WatchedStream();
        using (var queue = new LogQueue(output, format))
        {
            write(queue.CreateLogger(Category));
        }

        return output.Lines;
    }
}
