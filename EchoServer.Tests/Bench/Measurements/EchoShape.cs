namespace EchoServer.Bench.Measurements;

/// <summary>A load: so many connections, each with so many messages of a size on their way.</summary>
internal sealed record EchoShape(string Key, int Connections, int MessageBytes, int InFlight)
{
    public const string Small = "50x64Bx1";
    public const string Pipelined = "50x64Bx16";
    public const string Medium = "50x4KiBx1";
    public const string Large = "8x64KiBx4";
    public const string Many = "1000x64Bx1";

    private const int KiB = 1024;

    public static IReadOnlyList<EchoShape> All { get; } =
    [
        new(Small, 50, 64, 1),
        new(Pipelined, 50, 64, 16),
        new(Medium, 50, 4 * KiB, 1),
        new(Large, 8, 64 * KiB, 4),
        new(Many, 1000, 64, 1),
    ];

    public string Name => $"{Connections:N0} × {Size(MessageBytes)} × {InFlight}";

    public static string Size(int bytes) => bytes switch
    {
        >= KiB * KiB when bytes % (KiB * KiB) == 0 => $"{bytes / (KiB * KiB)} MiB",
        >= KiB when bytes % KiB == 0 => $"{bytes / KiB} KiB",
        _ => $"{bytes} B",
    };
}
