using EchoServer.Transport;

namespace EchoServer.Tests.Transport;

[Platform("Linux")]
internal sealed class OpenFilesTests
{
    [Test]
    public void The_limit_is_the_soft_one_of_this_process()
    {
        // proc(5), limits: name, soft limit, hard limit, unit.
        string line = File.ReadLines("/proc/self/limits").Single(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        Assert.That(OpenFiles.ReadLimit(), Is.EqualTo(long.Parse(line["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture)));
    }
}
