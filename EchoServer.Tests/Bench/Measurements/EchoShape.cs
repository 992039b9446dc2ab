namespace EchoServer.Bench.Measurements;

/// <summary>A load: so many connections, each with so many messages of a size on their way.</summary>
internal sealed record EchoShape(int Connections, int MessageBytes, int InFlight)
{
    /// <summary>The key of the first shape, which stands for all where there is room for one.</summary>
    public const string Small = "50x64Bx1";

    private const int KiB = 1024;

    public static IReadOnlyList<EchoShape> All { get; } =
        [new(50, 64, 1), new(50, 64, 16), new(50, 4 * KiB, 1), new(8, 64 * KiB, 4), new(1000, 64, 1)];

    public string Key => $"{Connections}x{Size}x{InFlight}".Replace(" ", "", StringComparison.Ordinal);

    public string Name => $"{Connections:N0} × {Size} × {InFlight}";

    public string Size => MessageBytes >= KiB ? $"{MessageBytes / KiB} KiB" : $"{MessageBytes} B";
}
