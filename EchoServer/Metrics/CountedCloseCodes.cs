using EchoServer.WebSockets;

namespace EchoServer.Metrics;

/// <summary>Close codes as they are counted: each registered one by itself, those of libraries and applications by their range.</summary>
/// <remarks>The code comes from the network: a number for each of the 2000 that a client may make up would be 2000 time series.</remarks>
internal static class CountedCloseCodes
{
    // RFC 6455 §7.4.2: 3000-3999 are registered by libraries and frameworks, 4000-4999 are private.
    private const int FirstOfLibraries = 3000;
    private const int FirstPrivate = 4000;

    private static readonly CloseCode[] Registered = Enum.GetValues<CloseCode>();

    /// <summary>What the codes are called in a metric's label.</summary>
    internal static string[] Labels { get; } =
        [.. Registered.Select(code => $"{(int)code}"), "3xxx", "4xxx"];

    /// <summary>Where a code is counted.</summary>
    internal static int IndexOf(CloseCode code) => (int)code switch
    {
        >= FirstPrivate => Labels.Length - 1,
        >= FirstOfLibraries => Labels.Length - 2,
        _ => Array.BinarySearch(Registered, code),
    };
}
