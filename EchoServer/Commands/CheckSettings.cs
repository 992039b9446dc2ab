using System.CommandLine;

namespace EchoServer.Commands;

/// <summary>Everything about a check that can be set beside how to connect, which <see cref="ConnectionSettings"/> says.</summary>
internal static class CheckSettings
{
    internal static readonly Option<bool> Quick = new("--quick")
    {
        Description = "Only connects, upgrades, has one message echoed and closes; prints nothing but a failure. For health checks.",
    };

    /// <summary>Those without a value.</summary>
    internal static readonly Option<bool>[] Switches = [Quick];
}
