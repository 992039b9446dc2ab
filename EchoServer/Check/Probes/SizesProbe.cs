using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.WebSockets;

namespace EchoServer.Check.Probes;

/// <summary>Messages around the bounds of the three ways to write a length (RFC 6455 §5.2), and a large one.</summary>
internal static class SizesProbe
{
    private static readonly int[] Sizes = [125, 126, 65_535, 65_536, 1024 * 1024];

    internal static async Task<Finding> RunAsync(CheckRun run, CancellationToken stop)
    {
        if (!run.EchoesBinary)
        {
            return Finding.Skip("needs the echo of binary messages");
        }

        int passed = 0;
        foreach (int size in Sizes)
        {
            if (await TryAsync(run, size, stop).ConfigureAwait(false) is ConnectionFailedException failure)
            {
                return await SearchAsync(run, passed, size, failure, stop).ConfigureAwait(false);
            }

            passed = size;
        }

        return Finding.Pass("125, 126, 65535 and 65536 bytes and 1 MiB came back as sent", new Fact("largestBytes", (long)passed));
    }

    /// <summary>The largest message that passes, by halving.</summary>
    private static async Task<Finding> SearchAsync(CheckRun run, int passed, int failed, ConnectionFailedException failure, CancellationToken stop)
    {
        // Each further step would wait as long as the first one.
        bool isExact = IsOfLimit(failure);
        while (isExact && failed - passed > 1)
        {
            int middle = passed + ((failed - passed) / 2);
            ConnectionFailedException? at = await TryAsync(run, middle, stop).ConfigureAwait(false);
            (passed, failed, failure) = at is null ? (middle, failed, failure) : (passed, middle, at);
            isExact = at is null || IsOfLimit(at);
        }

        return Judge(run.Info, passed, failed, failure);
    }

    internal static Finding Judge(ServerInfo? info, int passed, int failed, ConnectionFailedException failure)
    {
        bool isClose = failure.End is { Kind: ClientEventKind.Close, Code: CloseCode.MessageTooBig };
        string text = failed - passed == 1
            ? $"{Times.Bytes(passed)} pass, one more does not: {failure.Finding}"
            : $"{Times.Bytes(passed)} pass, {Times.Bytes(failed)} do not: {failure.Finding}";
        Fact[] facts = [new("largestBytes", (long)passed), new("maxMessageBytes", info?.MaxMessageBytes)];
        if (info is not null && passed == info.MaxMessageBytes)
        {
            return Finding.Pass($"up to {Times.Bytes(passed)}, which is the server's own limit (--max-message-bytes)", facts);
        }

        if (isClose && passed > 0 && info is null)
        {
            return Finding.Warn(text, new(
                $"a limit of {Times.Bytes(passed)} for a message, most likely the server's own, as it says 1009",
                "send smaller messages, or raise the server's limit (ws: maxPayload)"), facts);
        }

        string own = info is null ? "" : $", although the server takes {Times.Bytes(info.MaxMessageBytes)}";
        return passed > 0 && IsOfLimit(failure)
            ? Finding.Fail(text, new(
                $"something limits messages to {Times.Bytes(passed)}{own}", "find the proxy or gateway on the way that has this limit and raise it, or send smaller messages"), facts)
            : Finding.Fail(text, failure.Fault, facts);
    }

    /// <summary>Whether it ended as a limit ends it: other codes say something else, such as a restart.</summary>
    private static bool IsOfLimit(ConnectionFailedException failure) => failure.End is
    { Kind: ClientEventKind.Fin or ClientEventKind.Reset } or { Kind: ClientEventKind.Close, Code: CloseCode.MessageTooBig };

    private static async Task<ConnectionFailedException?> TryAsync(CheckRun run, int size, CancellationToken stop)
    {
        byte[] payload = [.. Enumerable.Range(0, size).Select(i => (byte)('a' + (i % 26)))];
        try
        {
            // Binary, because a prefix in front of text would count against the limit.
            await run.EchoAsync(Opcode.Binary, payload, stop).ConfigureAwait(false);
            return null;
        }
        catch (ConnectionFailedException exception) when (exception.Stage == Stage.Echo)
        {
            run.HangUp();
            return exception;
        }
    }
}
