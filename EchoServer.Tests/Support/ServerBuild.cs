namespace EchoServer.Tests.Support;

/// <summary>The engines that the server can be built with.</summary>
internal enum ServerEngine
{
    /// <summary>The project's own: what the tests are built with.</summary>
    BuiltIn,

    /// <summary>The Fleck package, where a feed has it.</summary>
    Fleck,

    /// <summary>The same adapter over a package made of <c>Support/FleckStub</c>.</summary>
    FleckStub,
}

/// <summary>A build of the server with one of the engines, to be started as a process of its own.</summary>
internal sealed record ServerBuild(ServerEngine Engine, string[] Command)
{
    private static readonly Regex FleckNotFound = new("error NU110[12]: Unable to find package Fleck");

    /// <summary>The only reason to skip a test that CI accepts: no feed has the Fleck package.</summary>
    public const string FleckIsMissing = "skipped: Fleck is not in the configured NuGet feeds";

    /// <summary>How long a build may take. Seconds; on a busy machine, or with a feed that does not answer, more.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>The turn of the tests that use the project's obj folder or the archive of "build.sh image".</summary>
    public static readonly SemaphoreSlim Turn = new(1);

    // Once for all tests, and only when one asks.
    private static readonly Lazy<Task<ProgramResult>> FleckOutcome = new(BuildFleckAsync);
    private static readonly Lazy<Task<ProgramResult>> StubOutcome = new(BuildStubAsync);

    private static string StubFolder => Path.Combine(Programs.ProjectFolder, "artifacts", "fleck-stub");

    /// <summary>Finds or makes a build. Where there is no Fleck the test that asks is skipped.</summary>
    public static async Task<ServerBuild> GetAsync(ServerEngine engine)
    {
        if (engine == ServerEngine.BuiltIn)
        {
            return new ServerBuild(engine, Programs.EchoServerCommand);
        }

        ProgramResult result = await (engine == ServerEngine.Fleck ? FleckOutcome : StubOutcome).Value;
        if (engine == ServerEngine.Fleck && FleckNotFound.IsMatch(result.Output))
        {
            Assert.Ignore(FleckIsMissing);
        }

        Assert.That(result.ExitCode, Is.Zero, $"the build with Fleck failed:\n{result.Output}{result.Error}");
        string artifacts = engine == ServerEngine.Fleck ? Path.Combine(Programs.ProjectFolder, "artifacts") : StubFolder;
        return new ServerBuild(engine, ["dotnet", Path.Combine(artifacts, "bin", "EchoServer.Fleck", "release", "EchoServer.dll")]);
    }

    public ProcessStartInfo Start(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null) =>
        Programs.EchoServer(arguments, environment, Command);

    public Task<ServerProcess> StartAsync(params IEnumerable<string> arguments) =>
        ServerProcess.StartAsync(Start(arguments), hasBudget: Engine == ServerEngine.BuiltIn);

    public static string ServerProject => Path.Combine(Programs.ProjectFolder, "EchoServer", "EchoServer.csproj");

    public static ProcessStartInfo Sdk(string command, string project, params IEnumerable<string> arguments) =>
        WithSdk(Programs.Start("dotnet", [command, project, "--nologo", "-v", "quiet", .. arguments]));

    /// <summary>Makes the SDK end its servers, and speak English, whatever the machine's language is: its words are compared.</summary>
    public static ProcessStartInfo WithSdk(ProcessStartInfo start)
    {
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        return start;
    }

    private static Task<ProgramResult> BuildFleckAsync() =>
        Programs.RunAsync(Sdk("build", ServerProject, "-c", "Release", "-p:WebSocketEngine=Fleck"), Patience);

    /// <summary>Makes a feed with the stub as a package, and builds with it. The package must not stay behind as if it came from a real feed.</summary>
    private static async Task<ProgramResult> BuildStubAsync()
    {
        Directory.CreateDirectory(StubFolder);
        string project = Path.Combine(StubFolder, "Fleck.csproj");
        await File.WriteAllTextAsync(project, $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <EnableDefaultItems>false</EnableDefaultItems>
                <Version>1.2.0</Version>
              </PropertyGroup>
              <ItemGroup>
                <Compile Include="{Programs.ProjectFolder}/EchoServer.Tests/Support/FleckStub/*.cs" />
                <Using Include="System.Text" />
              </ItemGroup>
            </Project>
            """);
        ProgramResult packed = await Programs.RunAsync(Sdk("pack", project, "-o", StubFolder), Patience);
        if (packed.ExitCode != 0)
        {
            return packed;
        }

        ProcessStartInfo build = Sdk("build", ServerProject, "-c", "Release", "-p:WebSocketEngine=Fleck", $"-p:ArtifactsPath={StubFolder}");
        build.Environment["RestoreAdditionalProjectSources"] = StubFolder;
        build.Environment["RestoreFallbackFolders"] = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ??
            Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        string packages = Path.Combine(StubFolder, "packages");
        build.Environment["NUGET_PACKAGES"] = packages;
        if (Directory.Exists(packages))
        {
            // One of an older stub has the same version.
            Directory.Delete(packages, recursive: true);
        }

        return await Programs.RunAsync(build, Patience);
    }
}
