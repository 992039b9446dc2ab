namespace EchoServer.Tests.Soak;

/// <summary>Something about the server that must not grow while the load stays the same.</summary>
/// <param name="Name">What it is, in words.</param>
/// <param name="Unit">What <paramref name="Value"/> counts; empty for things.</param>
/// <param name="Tolerance">How much more is still level, however little there is of it.</param>
/// <param name="Value">Takes it from a sample.</param>
internal sealed record Quantity(string Name, string Unit, double Tolerance, Func<Sample, double> Value)
{
    private const double KiB = 1024;
    private const double MiB = 1024 * KiB;

    public static IReadOnlyList<Quantity> All { get; } =
    [
        new("Resident memory", "MiB", 3, sample => sample.Resident / MiB),
        new("Managed heap", "MiB", 2, sample => sample.Heap / MiB) { IsSawtooth = true },
        new("Memory budget in use", "KiB", 256, sample => sample.BudgetUsed / KiB),
        new("Connections", "", 20, sample => sample.Connections),
        new("Open file descriptors", "", 20, sample => sample.OpenFiles),
        new("Threads", "", 8, sample => sample.Threads),
    ];

    /// <summary>Whether it grows with garbage and falls with each collection: then only its low points tell anything.</summary>
    public bool IsSawtooth { get; init; }

    public string Format(double value) => Unit switch
    {
        "" => $"{value:0}",
        "KiB" => $"{value:0} KiB",
        _ => $"{value:0.0} {Unit}",
    };
}
