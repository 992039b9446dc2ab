using EchoServer.Diagnosis;

namespace EchoServer.Client;

/// <summary>The input cannot be sent to its end.</summary>
internal sealed class InputFailedException(Fault fault) : Exception(fault.ToString())
{
    internal Fault Fault { get; } = fault;
}
