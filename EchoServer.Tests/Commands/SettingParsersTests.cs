using EchoServer.Commands.Options;

namespace EchoServer.Tests.Commands;

/// <summary>Times, sizes and switches: the same texts for every option that takes one.</summary>
internal sealed class SettingParsersTests
{
    [TestCase("70", 70)]
    [TestCase("70s", 70)]
    [TestCase("0.5", 0.5)]
    [TestCase("500ms", 0.5)]
    [TestCase("100ms", 0.1)]
    [TestCase("1.5m", 90)]
    [TestCase("2min", 120)]
    [TestCase("1h", 3600)]
    [TestCase("1d", 86400)]
    [TestCase("86400000ms", 86400)]
    [TestCase("99ms", null)]
    [TestCase("25h", null)]
    [TestCase("70S", null)]
    [TestCase("70 s", null)]
    [TestCase("s", null)]
    [TestCase("", null)]
    [TestCase("1m30s", null)]
    [TestCase("-1s", null)]
    [TestCase("1.2.3", null)]
    [TestCase("1e3", null)]
    [TestCase("NaN", null)]
    public void A_time_is_in_seconds_or_has_a_unit(string text, double? seconds)
    {
        Assert.That(SettingParsers.Seconds().TryParse(text, out TimeSpan time), Is.EqualTo(seconds is not null));
        Assert.That(time.TotalSeconds, Is.EqualTo(seconds ?? 0));
    }

    [TestCase("1", 1)]
    [TestCase("1048576", 1 << 20)]
    [TestCase("64K", 64 << 10)]
    [TestCase("64k", 64 << 10)]
    [TestCase("64KB", 64 << 10)]
    [TestCase("16M", 16 << 20)]
    [TestCase("16MiB", 16 << 20)]
    [TestCase("1G", 1 << 30)]
    [TestCase("1gb", 1 << 30)]
    [TestCase("0", null)]
    [TestCase("0M", null)]
    [TestCase("2G", null)]
    [TestCase("1073741825", null)]
    [TestCase("1048577K", null)]
    [TestCase("99999999999M", null)]
    [TestCase("1.5M", null)]
    [TestCase("64 M", null)]
    [TestCase("64T", null)]
    [TestCase("64MM", null)]
    [TestCase("64B", null)]
    [TestCase("M", null)]
    [TestCase("", null)]
    [TestCase("-1K", null)]
    public void A_size_is_in_bytes_or_has_a_unit(string text, int? bytes)
    {
        Assert.That(SettingParsers.Size(1 << 30).TryParse(text, out int size), Is.EqualTo(bytes is not null));
        Assert.That(bytes is null || size == bytes, Is.True);
    }

    [TestCase("on", true)]
    [TestCase("true", true)]
    [TestCase("True", true)]
    [TestCase("ON", true)]
    [TestCase("off", false)]
    [TestCase("false", false)]
    [TestCase("FALSE", false)]
    [TestCase("yes", null)]
    [TestCase("1", null)]
    [TestCase("", null)]
    public void A_switch_is_on_or_off_or_true_or_false(string text, bool? expected)
    {
        Assert.That(SettingParsers.TryParseOnOff(text, out bool value), Is.EqualTo(expected is not null));
        Assert.That(value, Is.EqualTo(expected ?? false));
    }
}
