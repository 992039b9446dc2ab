using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace EchoServer.Commands;

/// <summary>SIGTERM, SIGINT and SIGHUP: the first asks the program to stop, a second SIGINT ends the process at once.</summary>
/// <remarks>
/// A repeated SIGTERM or SIGHUP is the same request: timeout(1) signals its child and then the group, which the child belongs to, and
/// when a terminal closes both it and its shell send SIGHUP. The runtime leaves a signal ignored that was ignored when the process started, as nohup does with
/// SIGHUP.
/// </remarks>
[SuppressMessage("Reliability", "CA1001", Justification = "A signal or the end of the output may still come when the command has ended.")]
internal sealed class StopSignal : IDisposable
{
    private static readonly PosixSignal[] Signals = [PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP];

    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _interrupts;

    /// <summary>Registers for the signals: from now on the first one does not end the process.</summary>
    internal StopSignal() => _registrations = [.. Signals.Select(signal => PosixSignalRegistration.Create(signal, OnSignal))];

    /// <summary>Cancelled when the first signal has come, or the program stops by itself.</summary>
    internal CancellationToken Token => _stop.Token;

    /// <summary>Stops the program as a signal does.</summary>
    internal void Stop() => _ = _stop.CancelAsync();

    public void Dispose() => Array.ForEach(_registrations, registration => registration.Dispose());

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = context.Signal != PosixSignal.SIGINT || Interlocked.Increment(ref _interrupts) == 1;
        Stop();
    }
}
