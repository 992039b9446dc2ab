using System.Formats.Tar;

namespace EchoServer.Tests.Containers;

/// <summary>What images are made with: a registry with a base image, and podman with a store of its own. Made when the first test asks.</summary>
/// <remarks>Microsoft's base images are not available everywhere: a small one with the same libraries is made of this machine's.</remarks>
internal sealed class ImageStore : IDisposable
{
    // What Microsoft's "runtime-deps" has and the program uses. OpenSSL is for the clients: the server does without.
    private static readonly string[] BaseLibraries =
    [
        "libc.so.6", "libm.so.6", "libdl.so.2", "librt.so.1", "libpthread.so.0", "libgcc_s.so.1", "libstdc++.so.6", "libssl.so.3", "libcrypto.so.3",
    ];

    private static readonly Lazy<Task<ImageStore>> Shared = new(CreateAsync);

    private readonly ContainerRegistry _registry;

    // "build.sh image" writes the project's obj folder and one archive.
    private readonly SemaphoreSlim _turn = new(1);

    private ImageStore(string folder, Podman podman, ContainerRegistry registry)
    {
        Folder = folder;
        Podman = podman;
        _registry = registry;
    }

    public string Folder { get; }

    public Podman Podman { get; }

    /// <summary>The base image's name.</summary>
    public string Base => $"{_registry.Host}/base:1";

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
            (await Shared.Value).Dispose();
        }
    }

    public void Dispose()
    {
        _registry.Dispose();
        _turn.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private static async Task<ImageStore> CreateAsync()
    {
        string folder = Directory.CreateTempSubdirectory("echo-image-").FullName;
        var store = new ImageStore(folder, new Podman(folder), await ContainerRegistry.StartAsync(folder));
        await store.Podman.RunAsync("import", MakeBase(folder), store.Base);
        await store.Podman.RunAsync("push", "--tls-verify=false", store.Base);
        return store;
    }

    /// <summary>A root file system with the libraries, a user and a folder for temporary files, as an archive.</summary>
    private static string MakeBase(string parent)
    {
        string root = Path.Combine(parent, "base");
        string libraries = Path.Combine(root, "lib", "x86_64-linux-gnu");
        foreach (string folder in (string[])[libraries, Path.Combine(root, "lib64"), Path.Combine(root, "etc"), Path.Combine(root, "tmp")])
        {
            Directory.CreateDirectory(folder);
        }

        File.Copy("/lib64/ld-linux-x86-64.so.2", Path.Combine(root, "lib64", "ld-linux-x86-64.so.2"));
        foreach (string library in BaseLibraries)
        {
            File.Copy($"/usr/lib/x86_64-linux-gnu/{library}", Path.Combine(libraries, library));
        }

        File.WriteAllText(Path.Combine(root, "etc", "passwd"), "root:x:0:0:root:/root:/sbin/nologin\napp:x:1654:1654::/home/app:/sbin/nologin\n");
        string archive = Path.Combine(parent, "base.tar");
        TarFile.CreateFromDirectory(root, archive, includeBaseDirectory: false);
        return archive;
    }
}
