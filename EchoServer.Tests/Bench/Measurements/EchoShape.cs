namespace EchoServer.Bench.Measurements;

/// <summary>A load: so many connections, each with so many messages of a size on their way.</summary>
/// <param name="Key">Its name on the command line and in <c>bench.json</c>.</param>
/// <param name="Connections">How many.</param>
/// <param name="MessageBytes">Bytes of payload.</param>
/// <param name="InFlight">Messages that each connection sends before it waits for an echo.</param>
internal sealed record EchoShape(string Key, int Connections, int MessageBytes, int InFlight)
{
    /// <summary>Small messages one by one: what the system calls cost.</summary>
    public const string Small = "50x64Bx1";

    /// <summary>Small messages in a row: what the frames cost.</summary>
    public const string Pipelined = "50x64Bx16";

    /// <summary>A page of text.</summary>
    public const string Medium = "50x4KiBx1";

    /// <summary>Large messages: what copying and unmasking cost.</summary>
    public const string Large = "8x64KiBx4";

    /// <summary>Small messages over many connections.</summary>
    public const string Many = "1000x64Bx1";

    private const int KiB = 1024;

    /// <summary>All of them, in the order of the tables.</summary>
    public static IReadOnlyList<EchoShape> All { get; } =
    [
        new(Small, 50, 64, 1),
        new(Pipelined, 50, 64, 16),
        new(Medium, 50, 4 * KiB, 1),
        new(Large, 8, 64 * KiB, 4),
        new(Many, 1000, 64, 1),
    ];

    /// <summary>Its name in tables.</summary>
    public string Name => $"{Connections:N0} × {Size(MessageBytes)} × {InFlight}";

    /// <summary>A number of bytes as it is said.</summary>
    public static string Size(int bytes) => bytes switch
    {
        >= KiB * KiB when bytes % (KiB * KiB) == 0 => $"{bytes / (KiB * KiB)} MiB",
        >= KiB when bytes % KiB == 0 => $"{bytes / KiB} KiB",
        _ => $"{bytes} B",
    };
}
