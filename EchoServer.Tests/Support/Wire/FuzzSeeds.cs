namespace EchoServer.Tests.Support.Wire;

/// <summary>The seeds of the random tests: some that never change and a fresh one per run.</summary>
internal static class FuzzSeeds
{
    /// <summary>The environment variable that replaces them all by the one seed to look at again.</summary>
    public const string Variable = "ECHO_FUZZ_SEED";

    private const int FixedSeeds = 3;

    private static readonly int FreshSeed = Random.Shared.Next();

    /// <summary>The seed to look at again, or else the fresh one.</summary>
    public static int GivenOrFresh => Given ?? FreshSeed;

    private static int? Given => Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } text ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seed) ? seed
        : throw new FormatException($"{Variable}: '{text}' is not a seed (0-{int.MaxValue})");

    /// <summary>For TestCaseSource. The fresh seed is not part of a test's name: names must not change from run to run.</summary>
    public static IEnumerable<TestCaseData> Cases()
    {
        if (Given is int given)
        {
            yield return new TestCaseData(given).SetName("{m}(given seed)");
            yield break;
        }

        for (int seed = 1; seed <= FixedSeeds; seed++)
        {
            yield return new TestCaseData(seed).SetName($"{{m}}(seed {seed})");
        }

        yield return new TestCaseData(FreshSeed).SetName("{m}(fresh seed)");
    }

    /// <summary>Runs a random test over and over; when a round fails, says how to see it again.</summary>
    public static void Run(int seed, int rounds, Action<Random> round)
    {
        var random = new Random(seed);
        for (int number = 1; number <= rounds; number++)
        {
            try
            {
                round(random);
            }
            catch
            {
                TestContext.Out.WriteLine($"round {number} failed: run again with {Variable}={seed}");
                throw;
            }
        }
    }
}
