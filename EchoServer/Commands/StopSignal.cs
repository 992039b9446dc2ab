using System.Runtime.InteropServices;

namespace EchoServer.Commands;

/// <summary>SIGTERM, SIGINT and SIGHUP: the first asks the program to stop, a second SIGTERM or SIGINT ends the process at once.</summary>
/// <remarks>The runtime leaves a signal ignored that was ignored when the process started, as nohup does with SIGHUP.</remarks>
internal sealed class StopSignal : IDisposable
{
    private static readonly PosixSignal[] Signals = [PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP];

    private readonly TaskCompletionSource _received = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration[] _registrations;

    /// <summary>Registers for the signals: from now on the first one does not end the process.</summary>
    internal StopSignal() => _registrations = [.. Signals.Select(signal => PosixSignalRegistration.Create(signal, OnSignal))];

    /// <summary>Complete when the first signal has come.</summary>
    internal Task Received => _received.Task;

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(_registrations, registration => registration.Dispose());

    // A terminal that closes sends SIGHUP, and the shell in it may send another one: that is not a second wish.
    private void OnSignal(PosixSignalContext context) => context.Cancel = _received.TrySetResult() || context.Signal == PosixSignal.SIGHUP;
}
