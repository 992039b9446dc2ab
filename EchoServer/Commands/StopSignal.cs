using System.Runtime.InteropServices;

namespace EchoServer.Commands;

/// <summary>SIGTERM and SIGINT: the first asks the server to stop, a second one ends the process at once.</summary>
internal sealed class StopSignal : IDisposable
{
    private readonly TaskCompletionSource _received = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration _terminate;
    private readonly PosixSignalRegistration _interrupt;

    /// <summary>Registers for both signals: from now on the first one does not end the process.</summary>
    internal StopSignal()
    {
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
    }

    /// <summary>Complete when the first signal has come.</summary>
    internal Task Received => _received.Task;

    /// <inheritdoc/>
    public void Dispose()
    {
        _terminate.Dispose();
        _interrupt.Dispose();
    }

    private void OnSignal(PosixSignalContext context) => context.Cancel = _received.TrySetResult();
}
