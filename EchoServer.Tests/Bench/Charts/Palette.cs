namespace EchoServer.Bench.Charts;

internal static class Palette
{
    public const string Page = "#f4f6f9";
    public const string Card = "#ffffff";
    public const string Ink = "#17212f";
    public const string Quiet = "#5d6b7e";
    public const string Data = "#2563c9";
    public const string Floor = "#7d8a9c";
    public const string Other = "#b9c3d0";

    public static IReadOnlyDictionary<string, string> Dark { get; } = new Dictionary<string, string>
    {
        [Page] = "#0d1117",
        [Card] = "#161c26",
        [Ink] = "#e8edf4",
        [Quiet] = "#9aa7b8",
        [Data] = "#5b94f0",
        [Floor] = "#8593a6",
        [Other] = "#465366",
    };
}
