namespace EchoServer.Tests.Support;

/// <summary>Marks tests that take seconds, by waiting or by work.</summary>
/// <remarks><c>./build.sh test quick</c> leaves them out. The slowest tests of a run are in <c>artifacts/test-results/slowest.txt</c>.</remarks>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
internal sealed class SlowAttribute : CategoryAttribute
{
    public const string Category = "Slow";
}
