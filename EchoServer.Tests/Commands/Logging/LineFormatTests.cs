using System.Net;
using EchoServer.Commands.Logging;
using Microsoft.Extensions.Logging;

namespace EchoServer.Tests.Commands.Logging;

/// <summary>How a log line looks: to the byte as the console of Microsoft.Extensions.Logging 10.0.15 writes it, but for the time.</summary>
internal sealed partial class LineFormatTests
{
    private const string Category = "Nä\"me";

    // What the library puts before the message in each of the recorded lines.
    private const string JsonCategory = @"""Category"":""N\u00E4\u0022me""";

    // {"Timestamp":"2026-01-02T03:04:05.678Z",
    private const int TimeLength = 40;

    private static readonly Func<string, Exception?, string> AsIs = (text, _) => text;

    private static IEnumerable<TestCaseData> JsonLines()
    {
        KeyValuePair<string, object?>[] failedState = Values("Connection {Id} failed", 3L);
        yield return Json("every level: trace", Plain(LogLevel.Trace, int.MinValue, ""),
            @"{""EventId"":-2147483648,""LogLevel"":""Trace"",CATEGORY,""Message"":"""",""State"":{}}");
        yield return Json("every level: debug", Plain(LogLevel.Debug, 0, "plain"),
            @"{""EventId"":0,""LogLevel"":""Debug"",CATEGORY,""Message"":""plain"",""State"":{}}");
        yield return Json("an event with a name", log => log.Log(LogLevel.Warning, new EventId(7, "Name"), "named event", null, AsIs),
            @"{""EventId"":7,""LogLevel"":""Warning"",CATEGORY,""Message"":""named event"",""State"":{}}");
        yield return Json("every level: critical", Plain(LogLevel.Critical, int.MaxValue, "plain"),
            @"{""EventId"":2147483647,""LogLevel"":""Critical"",CATEGORY,""Message"":""plain"",""State"":{}}");
        yield return Json("characters of JSON", Plain(LogLevel.Information, 1, "\"quoted\" back\\slash /slash"),
            @"{""EventId"":1,""LogLevel"":""Information"",CATEGORY,""Message"":""\u0022quoted\u0022 back\\slash /slash"",""State"":{}}");
        yield return Json("characters of HTML", Plain(LogLevel.Information, 1, "<a href='x'>&amp; + ` = </a>"),
            @"{""EventId"":1,""LogLevel"":""Information"",CATEGORY,""Message"":""\u003Ca href=\u0027x\u0027\u003E\u0026amp; \u002B \u0060 = \u003C/a\u003E"",""State"":{}}");
        yield return Json("control characters", Plain(LogLevel.Information, 1, "\0 \u0001 \b \t \n \v \f \r \u001b \u007f \u0085"),
            @"{""EventId"":1,""LogLevel"":""Information"",CATEGORY,""Message"":""\u0000 \u0001 \b \t \n \u000B \f \r \u001B \u007F \u0085"",""State"":{}}");
        yield return Json("other scripts", Plain(LogLevel.Information, 1, "Grüße 🌍… \u2028 \ufeff Ж"),
            @"{""EventId"":1,""LogLevel"":""Information"",CATEGORY,""Message"":""Gr\u00FC\u00DFe \uD83C\uDF0D\u2026 \u2028 \uFEFF \u0416"",""State"":{}}");
        yield return Json("halves of a surrogate pair", Plain(LogLevel.Information, 1, "\ud83c|\udf0d|"),
            @"{""EventId"":1,""LogLevel"":""Information"",CATEGORY,""Message"":""\uFFFD|\uFFFD|"",""State"":{}}");
        yield return Json("properties", Valued("Hi Zoë, 5 0.50 (null) 127.0.0.1:80", "Hi {Name}, {Count} {Ratio:0.00} {None} {End}", "Zoë", 5, 0.5, null, new IPEndPoint(IPAddress.Loopback, 80)),
            @"{""EventId"":0,""LogLevel"":""Information"",CATEGORY,""Message"":""Hi Zo\u00EB, 5 0.50 (null) 127.0.0.1:80"",""State"":{""Name"":""Zo\u00EB"",""Count"":5,""Ratio"":0.5,""None"":null,""End"":""127.0.0.1:80"",""{OriginalFormat}"":""Hi {Name}, {Count} {Ratio:0.00} {None} {End}""}}");
        yield return Json("numbers", Valued("1-1-22-33-9223372036854775808184467440737095516151.51E+3000.10", "{A}{B}{C}{D}{E}{F}{G}{H}{I}{J}{K}", (byte)1, (sbyte)-1, (short)-2, (ushort)2, -3, 3u, long.MinValue, ulong.MaxValue, 1.5f, 1e300, 0.10m),
            @"{""EventId"":0,""LogLevel"":""Information"",CATEGORY,""Message"":""1-1-22-33-9223372036854775808184467440737095516151.51E\u002B3000.10"",""State"":{""A"":1,""B"":-1,""C"":-2,""D"":2,""E"":-3,""F"":3,""G"":-9223372036854775808,""H"":18446744073709551615,""I"":1.5,""J"":1E+300,""K"":0.10,""{OriginalFormat}"":""{A}{B}{C}{D}{E}{F}{G}{H}{I}{J}{K}""}}");
        yield return Json("other types", Valued("TrueFalseü01/02/2026 03:04:0500:00:01.5000000Errora, b", "{Yes}{No}{Letter}{Day}{Time}{Level}{List}", true, false, 'ü', new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc), TimeSpan.FromSeconds(1.5), LogLevel.Error, Array.Empty<string>()),
            @"{""EventId"":0,""LogLevel"":""Information"",CATEGORY,""Message"":""TrueFalse\u00FC01/02/2026 03:04:0500:00:01.5000000Errora, b"",""State"":{""Yes"":true,""No"":false,""Letter"":""\u00FC"",""Day"":""01/02/2026 03:04:05"",""Time"":""00:00:01.5000000"",""Level"":""Error"",""List"":""System.String[]"",""{OriginalFormat}"":""{Yes}{No}{Letter}{Day}{Time}{Level}{List}""}}");
        yield return Json("a property twice", Valued("a b", "{Message} {Message}", "a", "b"),
            @"{""EventId"":0,""LogLevel"":""Information"",CATEGORY,""Message"":""a b"",""State"":{""Message"":""a"",""Message"":""b"",""{OriginalFormat}"":""{Message} {Message}""}}");
        yield return Json("an exception", log => log.Log(LogLevel.Error, 8, "failed", new InvalidOperationException("one\r\ntwo", new IOException("inner <x>")), AsIs),
            @"{""EventId"":8,""LogLevel"":""Error"",CATEGORY,""Message"":""failed"",""Exception"":""System.InvalidOperationException: one\r\ntwo\n ---\u003E System.IO.IOException: inner \u003Cx\u003E\n   --- End of inner exception stack trace ---"",""State"":{}}");
        yield return Json("an exception and properties", log => log.Log(LogLevel.Error, 8, failedState, new TimeoutException("late"), (_, _) => "Connection 3 failed"),
            @"{""EventId"":8,""LogLevel"":""Error"",CATEGORY,""Message"":""Connection 3 failed"",""Exception"":""System.TimeoutException: late"",""State"":{""Id"":3,""{OriginalFormat}"":""Connection {Id} failed""}}");

        static TestCaseData Json(string name, Action<ILogger> write, string expected) =>
            new TestCaseData(write, expected.Replace("CATEGORY", JsonCategory, StringComparison.Ordinal)).SetName($"{{m}}({name})");

        static Action<ILogger> Plain(LogLevel level, int eventId, string text) => log => log.Log(level, eventId, text, null, AsIs);

        static Action<ILogger> Valued(string message, string template, params object?[] values)
        {
            KeyValuePair<string, object?>[] state = Values(template, values);
            return log => log.Log(LogLevel.Information, 0, state, null, (_, _) => message);
        }

        // As the source generator of the library hands them over.
        static KeyValuePair<string, object?>[] Values(string template, params object?[] values) =>
        [
            .. Name().Matches(template).Select((name, i) => new KeyValuePair<string, object?>(name.Groups["name"].Value, values[i])),
            new("{OriginalFormat}", template),
        ];
    }

    [TestCaseSource(nameof(JsonLines))]
    public void A_JSON_line_has_the_bytes_of_the_library(Action<ILogger> write, string expected)
    {
        string line = Write(LogFormat.Json, write).Single();
        Assert.That(line, Does.Match(@"^\{""Timestamp"":""\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"","));
        Assert.That($"{{{line[TimeLength..]}", Is.EqualTo(expected));
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
        Assert.That(line, Does.Contain($"fail: {Category}[7] first second third System.InvalidOperationException: one two "));
        Assert.That(line, Does.Contain("System.IO.IOException: inner"));
    }

    [TestCase(LogFormat.Text)]
    [TestCase(LogFormat.Json)]
    public void The_level_None_is_not_logged(LogFormat format) =>
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

    [GeneratedRegex(@"\{(?<name>\w+)")]
    private static partial Regex Name();
}
