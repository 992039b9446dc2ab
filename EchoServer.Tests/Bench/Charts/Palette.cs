namespace EchoServer.Bench.Charts;

internal static class Palette
{
    public const string Page = "#f4f6f9";
    public const string Card = "#ffffff";
    public const string Ink = "#17212f";
    public const string Quiet = "#5d6b7e";
    public const string Grid = "#e6eaf0";
    public const string Data = "#2563c9";
    public const string DataArea = "#e3ecfa";
    public const string Median = "#e07a10";
    public const string Good = "#1a7f4b";
    public const string Bad = "#c62a2f";
    public const string Floor = "#7d8a9c";
    public const string Other = "#b9c3d0";

    public static IReadOnlyDictionary<string, string> Dark { get; } = new Dictionary<string, string>
    {
        [Page] = "#0d1117",
        [Card] = "#161c26",
        [Ink] = "#e8edf4",
        [Quiet] = "#9aa7b8",
        [Grid] = "#2a3342",
        [Data] = "#5b94f0",
        [Floor] = "#8593a6",
        [Other] = "#465366",
    };
}
