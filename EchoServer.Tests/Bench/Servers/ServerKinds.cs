namespace EchoServer.Bench.Servers;

/// <summary>All servers that the bench knows, in the order of the tables.</summary>
internal static class ServerKinds
{
    public const string Raw = "raw";
    public const string Cf = "cf";
    public const string CfJit = "cf-jit";
    public const string Dotnet = "dotnet";
    public const string Bun = "bun";
    public const string Kestrel = "kestrel";
    public const string KestrelInline = "kestrel-inline";
    public const string Node = "node";
    public const string NodeNative = "node-bufferutil";
    public const string Tutorial = "tutorial";
    public const string CfDeflate = "cf-deflate";
    public const string CfDeflate6 = "cf-deflate-6";
    public const string KestrelDeflate = "kestrel-deflate";
    public const string NodeDeflate2 = "node-deflate-2";
    public const string NodeDeflate6 = "node-deflate";

    private const string AspNetCore = "Microsoft.AspNetCore.App";
    private const string KestrelSettings = "slim builder, no logging, no keep-alive timer, zero-byte receive before a pooled buffer, "
        + "server GC (the SDK's default)";

    private const string Install = "run ./build.sh bench, with npm on the PATH";

    public static IReadOnlyList<ServerKind> All { get; } =
    [
        new(Raw, "raw TCP echo, C", Peer("raw-echo"))
        {
            Settings = "one thread, level-triggered epoll, TCP_NODELAY, cc -O2; no WebSocket at all",
            Version = () => Tool.FirstLine("cc", "--version"),
            Needs = [(Peer("raw-echo"), "it is not compiled: a C compiler (cc) is needed on the PATH")],
            IsRawTcp = true,
        },
        new(Cf, "EchoServer, cf build", Artifact("cf/EchoServer"))
        {
            Settings = "LOG_MESSAGES=false artifacts/cf/EchoServer, without arguments as the manifest starts it; default limits and budget",
            Environment = new Dictionary<string, string> { ["LOG_MESSAGES"] = "false" },
            Version = () => Tool.Commit,
            Needs = [(Artifact("cf/EchoServer"), "it is not published: run ./build.sh")],
            LoggingArguments = ["--log-messages", "true"],
        },
        new(CfJit, "EchoServer, JIT", Artifact("cf-jit/EchoServer"))
        {
            Settings = "what ./build.sh publish --jit makes: one file with the .NET runtime; otherwise as the cf build",
            Environment = new Dictionary<string, string> { ["LOG_MESSAGES"] = "false" },
            Version = () => Tool.Commit,
            Needs = [(Artifact("cf-jit/EchoServer"), "it is not published: run ./build.sh bench")],
            LoggingArguments = ["--log-messages", "true"],
        },
        new(Dotnet, "EchoServer, dotnet", "dotnet", [Artifact("portable/EchoServer.dll"), .. OurArguments, "--log-messages", "false"])
        {
            Settings = "dotnet artifacts/portable/EchoServer.dll --log-messages false, default limits and budget",
            Version = () => $"{Tool.Commit} on .NET {Tool.Framework("Microsoft.NETCore.App")}",
            Needs = [(Artifact("portable/EchoServer.dll"), "it is not published: run ./build.sh")],
            LoggingArguments = [Artifact("portable/EchoServer.dll"), .. OurArguments],
        },
        new(Bun, "Bun", BunProgram, Peer("bun-server.js"))
        {
            Settings = "its built-in server, perMessageDeflate false, idleTimeout 0 (no timer per connection)",
            Version = () => Tool.FirstLine(BunProgram, "--version"),
            Needs = [(BunProgram, $"the npm package is not installed: {Install}")],
        },
        new(Kestrel, "Kestrel", "dotnet", KestrelProgram)
        {
            Settings = KestrelSettings,
            Version = () => Tool.Framework(AspNetCore),
            Needs = [(KestrelProgram, "it is not built: run ./build.sh bench")],
            TellsAllocatedBytes = true,
        },
        new(KestrelInline, "Kestrel, inline", "dotnet", KestrelProgram, "inline")
        {
            Settings = $"{KestrelSettings}; UnsafePreferInlineScheduling, and the runtime's inline completions that it recommends",
            Version = () => Tool.Framework(AspNetCore),
            Needs = [(KestrelProgram, "it is not built: run ./build.sh bench")],
            Environment = new Dictionary<string, string> { ["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1" },
            TellsAllocatedBytes = true,
        },
        new(Node, "Node ws", "node", Peer("ws-server.js"))
        {
            Settings = "ws alone, as npm install ws brings it; perMessageDeflate false",
            Version = () => $"{Tool.FirstLine("node", "--version")}, ws {Tool.Package("ws")}",
            Needs = NodeNeeds,
            Environment = new Dictionary<string, string> { ["WS_NO_BUFFER_UTIL"] = "1" },
        },
        new(NodeNative, "Node ws, bufferutil", "node", Peer("ws-server.js"))
        {
            Settings = "perMessageDeflate false; bufferutil installed, native code for masking; utf-8-validate not needed (buffer.isUtf8)",
            Version = () => $"{Tool.FirstLine("node", "--version")}, ws {Tool.Package("ws")}, bufferutil {Tool.Package("bufferutil")}",
            Needs = [.. NodeNeeds, (Peer("node_modules/bufferutil/package.json"), $"the npm package is not installed: {Install}")],
        },
        new(Tutorial, "the tutorial's server", "node", Peer("tutorial-server.js"))
        {
            Settings = "the tutorial's ten lines on ws: a greeting, a prefix, console.log",
            Version = () => $"{Tool.FirstLine("node", "--version")}, ws {Tool.Package("ws")}",
            Needs = NodeNeeds,
            HasRawPath = false,
            LoggingArguments = [Peer("tutorial-server.js")],
        },
    ];

    /// <summary>Those that compress, each of one of <see cref="All"/>.</summary>
    public static IReadOnlyList<ServerKind> Deflating { get; } =
    [
        Deflated(Cf, CfDeflate, "EchoServer, level 2", "--compression on", ("ECHO_COMPRESSION", "on")),
        Deflated(Cf, CfDeflate6, "EchoServer, level 6", "--compression on --compression-level 6", ("ECHO_COMPRESSION", "on"), ("ECHO_COMPRESSION_LEVEL", "6")),
        Deflated(Kestrel, KestrelDeflate, "Kestrel, level 6", "DangerousEnableCompression; its level is always 6") with { Arguments = [KestrelProgram, "deflate"] },
        Deflated(Node, NodeDeflate2, "Node ws, level 2", "perMessageDeflate, zlibDeflateOptions.level 2", ("WS_DEFLATE_LEVEL", "2")),
        Deflated(Node, NodeDeflate6, "Node ws, level 6", "perMessageDeflate with its defaults", ("WS_DEFLATE_LEVEL", "6")),
    ];

    // Loopback only, like every other server here; the port is the machine's choice.
    private static string[] OurArguments => ["--host", "127.0.0.1", "--port", "0"];

    private static (string Path, string Otherwise)[] NodeNeeds =>
    [
        (Peer("node_modules/ws/package.json"), $"the npm package is not installed: {Install}"),
        (Tool.OnPath("node"), "Node is not on the PATH"),
    ];

    private static string BunProgram => Peer("node_modules/.bin/bun");

    private static string KestrelProgram => Artifact("bin/Kestrel/release/Kestrel.dll");

    private static ServerKind Deflated(
        string of, string key, string name, string settings, params (string Name, string Value)[] environment)
    {
        ServerKind plain = All.First(kind => kind.Key == of);
        var variables = new Dictionary<string, string>(plain.Environment);
        Array.ForEach(environment, variable => variables[variable.Name] = variable.Value);
        return plain with { Key = key, Name = name, Of = of, Settings = settings, Environment = variables };
    }

    private static string Peer(string path) => Path.Combine(Folders.Peers, path);

    private static string Artifact(string path) => Path.Combine(Folders.Artifacts, path);
}
