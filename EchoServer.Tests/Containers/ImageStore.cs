using System.Formats.Tar;

namespace EchoServer.Tests.Containers;

/// <summary>What images are made with: a registry with a base image, and podman with a store of its own. Made when the first test asks.</summary>
/// <remarks>Microsoft's base images are not available everywhere: a small one with the same libraries is made of this machine's.</remarks>
internal sealed class ImageStore(string folder, Podman podman, ContainerRegistry registry) : IAsyncDisposable
{
    // What Microsoft's "runtime-deps" has and the program uses. OpenSSL is for the clients: the server does without.
    private static readonly string[] BaseLibraries =
    [
        "libc.so.6", "libm.so.6", "libdl.so.2", "librt.so.1", "libpthread.so.0", "libgcc_s.so.1", "libstdc++.so.6", "libssl.so.3", "libcrypto.so.3",
    ];

    // What Debian has of it for programs of another processor.
    private static readonly string[] ArmBaseLibraries = ["libc.so.6", "libm.so.6", "libdl.so.2", "librt.so.1", "libpthread.so.0"];

    private static readonly Lazy<Task<ImageStore>> Shared = new(CreateAsync);

    private readonly SemaphoreSlim _turn = ServerBuild.Turn;

    public string Folder => folder;

    public Podman Podman => podman;

    /// <summary>The base image's name.</summary>
    public string Base => $"{registry.Host}/base:1";

    /// <summary>The name of the base image for arm64.</summary>
    public string ArmBase => $"{registry.Host}/arm-base:1";

    /// <summary>Waits for the turn of a fixture to make images: two at once would overwrite each other's.</summary>
    public static async Task<ImageStore> TakeAsync()
    {
        Requires.Containers();
        ImageStore store = await Shared.Value;
        await store._turn.WaitAsync();
        return store;
    }

    public void GiveBack() => _turn.Release();

    public static async Task RemoveAsync()
    {
        if (Shared.IsValueCreated)
        {
            await (await Shared.Value).DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await registry.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private static async Task<ImageStore> CreateAsync()
    {
        string root = Directory.CreateTempSubdirectory("echo-image-").FullName;
        var store = new ImageStore(root, new Podman(root), await ContainerRegistry.StartAsync(root));
        await store.AddBaseAsync(
            store.Base, "amd64", "/lib64/ld-linux-x86-64.so.2", "lib/x86_64-linux-gnu", BaseLibraries.Select(library => $"/usr/lib/x86_64-linux-gnu/{library}"));
        return store;
    }

    /// <summary>Makes the base image for arm64, of the libraries that Debian has for cross-compilers.</summary>
    public Task AddArmBaseAsync() => AddBaseAsync(
        ArmBase, "arm64", $"{Requires.ArmLibraries}/ld-linux-aarch64.so.1", "lib", ArmBaseLibraries.Select(library => $"{Requires.ArmLibraries}/{library}"));

    /// <summary>Makes an image with the libraries, a user and a folder for temporary files, and gives it to the registry.</summary>
    private async Task AddBaseAsync(string name, string architecture, string loader, string libraryFolder, IEnumerable<string> libraries)
    {
        string root = Path.Combine(Folder, $"base-{architecture}");
        string loaderFolder = Path.Combine(root, architecture == "amd64" ? "lib64" : "lib");
        foreach (string inner in (string[])[Path.Combine(root, libraryFolder), loaderFolder, Path.Combine(root, "etc"), Path.Combine(root, "tmp")])
        {
            Directory.CreateDirectory(inner);
        }

        File.Copy(loader, Path.Combine(loaderFolder, Path.GetFileName(loader)));
        foreach (string library in libraries)
        {
            File.Copy(library, Path.Combine(root, libraryFolder, Path.GetFileName(library)));
        }

        File.WriteAllText(Path.Combine(root, "etc", "passwd"), "root:x:0:0:root:/root:/sbin/nologin\napp:x:1654:1654::/home/app:/sbin/nologin\n");
        string archive = $"{root}.tar";
        TarFile.CreateFromDirectory(root, archive, includeBaseDirectory: false);
        await Podman.RunAsync("import", "--arch", architecture, archive, name);
        await Podman.RunAsync("push", "--tls-verify=false", name);
    }
}
