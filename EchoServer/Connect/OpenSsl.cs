using System.Runtime.InteropServices;
using EchoServer.Diagnosis;

namespace EchoServer.Connect;

/// <summary>The library that TLS and certificates need on Linux. The runtime ends the process where it is missing, so it is looked for before.</summary>
internal static class OpenSsl
{
    // Those that the runtime looks for, after the one that its variable names.
    private static readonly string?[] Versions = [Environment.GetEnvironmentVariable("CLR_OPENSSL_VERSION_OVERRIDE"), "3", "1.1", "1.0.2", "1.0.0", "10"];

    private static readonly Lazy<bool> IsThere = new(() =>
        !OperatingSystem.IsLinux() || Versions.Any(version => version is not null && NativeLibrary.TryLoad($"libssl.so.{version}", out _)));

    /// <summary>Throws where the library is missing.</summary>
    internal static void ThrowIfMissing(Stage stage = Stage.Tls)
    {
        if (!IsThere.Value)
        {
            throw new ConnectionFailedException(stage, "no OpenSSL", new(
                "TLS needs the library OpenSSL, which cannot be loaded on this machine",
                "install it (the package libssl3 or openssl), or use ws:// where the server allows it"));
        }
    }
}
