using System.Diagnostics;
using System.Globalization;

namespace EchoServer.Tests.Support.Peers;

/// <summary>A server in Node that says its port on its first line. Ends with the test.</summary>
internal sealed class ScriptPeer : IAsyncDisposable
{
    private readonly Process _process;

    private ScriptPeer(Process process, int port)
    {
        _process = process;
        Port = port;
    }

    public int Port { get; }

    /// <summary>Starts a script, in the folder where Node finds the packages of <c>./build.sh test</c>.</summary>
    public static async Task<ScriptPeer> StartNodeAsync(string script)
    {
        Process process = Process.Start(Programs.Start("node", ["-e", script], Requires.PeersFolder))!;
        try
        {
            using var patience = new CancellationTokenSource(ServerProcess.Patience);
            string line = await process.StandardOutput.ReadLineAsync(patience.Token)
                ?? throw new InvalidOperationException("node ended: " + await process.StandardError.ReadToEndAsync(patience.Token));
            return new ScriptPeer(process, int.Parse(line, CultureInfo.InvariantCulture));
        }
        catch
        {
            process.Kill(entireProcessTree: true);
            process.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
