using EchoServer.Load.Report;

namespace EchoServer.Load.Opening;

/// <summary>A connection could not be opened.</summary>
/// <param name="kind">What kind of failure it is.</param>
/// <param name="status">The HTTP status, when <see cref="LoadError.HandshakeRefused"/>; otherwise 0.</param>
/// <param name="message">A sentence part, escaped.</param>
internal sealed class OpeningException(LoadError kind, int status, string message) : Exception(message)
{
    internal LoadError Kind { get; } = kind;

    internal int Status { get; } = status;
}
