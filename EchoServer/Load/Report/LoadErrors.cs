using System.Collections.Concurrent;
using System.Net.Sockets;
using EchoServer.Connect;
using EchoServer.Diagnosis;
using EchoServer.Http;
using EchoServer.WebSockets;

namespace EchoServer.Load.Report;

/// <summary>The kinds of errors under load, in words: <see cref="LoadReportText.Name"/>. The JSON report has their names in camel case.</summary>
internal enum LoadError
{
    ConnectRefused,
    ConnectTimedOut,
    ConnectFailed,
    TlsFailed,
    HandshakeRefused,
    HandshakeInvalid,
    EchoAltered,
    EchoTruncated,
    EchoDuplicated,
    EchoOutOfOrder,
    EchoMisdelivered,
    EchoMissing,
    MessageUnexpected,
    ClosedByServer,
    EndedWithoutClose,
    ConnectionReset,
    ProtocolViolation,
    MessageTooLarge,
    NotServedAgain,
    CloseTimedOut,
    InternalError,
}

/// <summary>Counts errors, with one example for each kind, and the close codes that were received. Safe on any thread.</summary>
internal sealed class LoadErrors
{
    private readonly ConcurrentDictionary<(LoadError Kind, int Status), LoadErrorCount> _counts = new();
    private readonly ConcurrentDictionary<CloseCode, long> _closeCodes = new();

    internal long Total => _counts.Values.Sum(error => error.Count);

    /// <summary>The errors by kind and status, the most frequent first.</summary>
    internal IReadOnlyList<LoadErrorCount> Counts =>
        [.. _counts.Values.OrderByDescending(error => error.Count).ThenBy(error => error.Kind).ThenBy(error => error.Status)];

    /// <summary>The codes of the Close frames that were received, in their order.</summary>
    internal IReadOnlyList<(CloseCode Code, long Count)> CloseCodes =>
        [.. _closeCodes.Select(pair => (pair.Key, pair.Value)).OrderBy(pair => pair.Key)];

    /// <summary>Counts an error, with the HTTP status of a handshake that was refused. A few words about the first of its kind, escaped, are kept.</summary>
    internal void Add(LoadError kind, string example = "", int status = 0) => _counts.AddOrUpdate(
        (kind, status), key => new LoadErrorCount(key.Kind, key.Status, 1, example), (_, before) => before with { Count = before.Count + 1 });

    internal void Add(ConnectionFailedException failure)
    {
        LoadError kind = KindOf(failure);
        bool isRefused = kind == LoadError.HandshakeRefused;
        Add(kind, isRefused ? $"the handshake was {failure.Finding}" : failure.Fault.Cause, isRefused ? failure.Answer!.Status : 0);
    }

    internal void AddCloseCode(CloseCode code) => _closeCodes.AddOrUpdate(code, 1, (_, before) => before + 1);

    private static LoadError KindOf(ConnectionFailedException failure) => failure switch
    {
        { IsTimeout: true } => LoadError.ConnectTimedOut,
        { Answer.Status: not ClientHandshake.SwitchingProtocols } => LoadError.HandshakeRefused,
        { Answer: not null } => LoadError.HandshakeInvalid,
        { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } } => LoadError.ConnectRefused,
        _ when IsReset(failure) => LoadError.ConnectionReset,
        { Stage: Stage.Tls } => LoadError.TlsFailed,
        { Stage: Stage.Answer } => LoadError.HandshakeInvalid,
        _ => LoadError.ConnectFailed,
    };

    private static bool IsReset(ConnectionFailedException failure) => failure.GetBaseException() is SocketException socket && NetworkDiagnosis.IsReset(socket.SocketErrorCode);
}

/// <summary>The number of errors of one kind and, of refused handshakes, HTTP status (otherwise 0), with a few words about the first, escaped.</summary>
internal sealed record LoadErrorCount(LoadError Kind, int Status, long Count, string Example);
