namespace EchoServer.Tests.WebSockets.Conformance;

/// <summary>What a server must make of what a client sends: the cases of all groups, for every runner.</summary>
/// <remarks>The groups and most vectors follow the Autobahn test suite, whose numbers lead the names.</remarks>
internal static class ConformanceTable
{
    public static IReadOnlyDictionary<string, IReadOnlyList<ConformanceCase>> Groups { get; } =
        new Dictionary<string, IReadOnlyList<ConformanceCase>>
        {
            ["1 framing"] = [.. FramingCases.All()],
            ["2 pings and pongs"] = [.. PingCases.All()],
            ["3 reserved bits"] = [.. ReservedBitCases.All()],
            ["4 opcodes"] = [.. OpcodeCases.All()],
            ["5 fragmentation"] = [.. FragmentationCases.All()],
            ["5 order of fragments"] = [.. FragmentOrderCases.All()],
            ["6 valid UTF-8"] = [.. Utf8ValidCases.All()],
            ["6 invalid UTF-8"] = [.. Utf8InvalidCases.All()],
            ["7 close"] = [.. CloseCases.All()],
            ["9 large messages"] = [.. LargeMessageCases.All()],
            ["10 many fragments"] = [.. ManyFragmentCases.All()],
            ["masking"] = [.. MaskingCases.All()],
            ["lengths"] = [.. LengthCases.All()],
        };

    public static IEnumerable<TestCaseData> All() =>
        from byGroup in Groups
        from row in byGroup.Value
        select new TestCaseData(row).SetName($"{{m}}(§{row.Section} {byGroup.Key}: {row.Name})");
}
