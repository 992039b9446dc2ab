namespace EchoServer.Text;

/// <summary>How times are shown to people.</summary>
internal static class Times
{
    /// <summary>A time of day in UTC, to the millisecond (RFC 3339): <c>2026-11-30T06:48:03.841Z</c>.</summary>
    internal const string UtcFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";

    private const double OneDigitBelow = 100;
    private const double SecondsFrom = 10_000;

    /// <summary>A time with its unit: <c>0.4 ms</c>, <c>123 ms</c>, <c>12.3 s</c>.</summary>
    internal static string Show(TimeSpan time)
    {
        double milliseconds = time.TotalMilliseconds;
        return milliseconds switch
        {
            < OneDigitBelow => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.0} ms"),
            < SecondsFrom => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0} ms"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s"),
        };
    }

    /// <summary>The same with two digits that count also where it is short: <c>0.041 ms</c>, <c>0.41 ms</c>, <c>4.1 ms</c>.</summary>
    internal static string ShowShort(TimeSpan time) => time.TotalMilliseconds switch
    {
        < 0.0995 and double milliseconds => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.000} ms"),
        < 0.995 and double milliseconds => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.00} ms"),
        _ => Show(time),
    };

    /// <summary>A time in seconds as it was set: <c>0.5 s</c>, <c>15 s</c>.</summary>
    internal static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds} s");

    /// <summary>The time of day, as <see cref="UtcFormat"/>.</summary>
    internal static string UtcNow() => DateTime.UtcNow.ToString(UtcFormat, CultureInfo.InvariantCulture);

    /// <summary>A time in milliseconds to the microsecond, without its unit: <c>0.041</c>.</summary>
    internal static string Milliseconds(TimeSpan time) => time.TotalMilliseconds.ToString("0.000", CultureInfo.InvariantCulture);

    /// <summary>A number of bytes: <c>125 bytes</c>, <c>1 MiB</c>.</summary>
    internal static string Bytes(long count) => count > 0 && count % (1024 * 1024) == 0
        ? $"{count / (1024 * 1024)} MiB"
        : Numbers.Of(count, "byte");
}
