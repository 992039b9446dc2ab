/// <summary>Runs in the program under test, before its own code, where <c>DOTNET_STARTUP_HOOKS</c> names this assembly. The runtime finds it by its name.</summary>
internal static class StartupHook
{
    /// <summary>Names a file: when it is there, a thread of the program throws.</summary>
    public const string Variable = "TEST_THROW_WHEN_THERE_IS";

    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(Variable) is string file)
        {
            new Thread(() => Throw(file)) { IsBackground = true }.Start();
        }
    }

    private static void Throw(string file)
    {
        while (!File.Exists(file))
        {
            Thread.Sleep(10);
        }

        throw new InvalidOperationException("thrown by a test");
    }
}
