namespace EchoServer.Tests.Support;

/// <summary>Marks tests that need or measure more than the SDK: what <c>build.sh</c> publishes, another program, root, the whole machine.</summary>
/// <remarks><c>./build.sh test quick</c> leaves them out, and <see cref="Requires"/> refuses a test without this mark.</remarks>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
internal sealed class WholeMachineAttribute : CategoryAttribute
{
    public const string Category = "WholeMachine";
}
