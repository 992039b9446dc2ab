using System.Runtime.InteropServices;

namespace EchoServer.Commands;

/// <summary>SIGTERM, SIGINT and SIGHUP: the first asks the program to stop, a second SIGINT ends the process at once.</summary>
/// <remarks>
/// A repeated SIGTERM or SIGHUP is the same request: timeout(1) signals its child and then the group, which the child belongs to, and
/// when a terminal closes both it and its shell send SIGHUP. The runtime leaves a signal ignored that was ignored when the process started, as nohup does with
/// SIGHUP.
/// </remarks>
internal sealed class StopSignal : IDisposable
{
    private static readonly PosixSignal[] Signals = [PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP];

    private readonly TaskCompletionSource _received = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration[] _registrations;
    private int _interrupts;

    /// <summary>Registers for the signals: from now on the first one does not end the process.</summary>
    internal StopSignal() => _registrations = [.. Signals.Select(signal => PosixSignalRegistration.Create(signal, OnSignal))];

    /// <summary>Complete when the first signal has come.</summary>
    internal Task Received => _received.Task;

    public void Dispose() => Array.ForEach(_registrations, registration => registration.Dispose());

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = context.Signal != PosixSignal.SIGINT || Interlocked.Increment(ref _interrupts) == 1;
        _received.TrySetResult();
    }
}
