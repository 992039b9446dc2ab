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
    private readonly ConcurrentDictionary<(LoadError Kind, int Status), Entry> _entries = new();
    private readonly ConcurrentDictionary<CloseCode, Entry> _closeCodes = new();

    internal long Total => _entries.Values.Sum(entry => entry.Count);

    /// <summary>The errors by kind and status, the most frequent first.</summary>
    internal IReadOnlyList<LoadErrorCount> Counts =>
        [.. _entries.Select(pair => new LoadErrorCount(pair.Key.Kind, pair.Key.Status, pair.Value.Count, pair.Value.Example))
            .OrderByDescending(error => error.Count).ThenBy(error => error.Kind).ThenBy(error => error.Status)];

    /// <summary>The codes of the Close frames that were received, in their order.</summary>
    internal IReadOnlyList<(CloseCode Code, long Count)> CloseCodes =>
        [.. _closeCodes.Select(pair => (pair.Key, pair.Value.Count)).OrderBy(pair => pair.Key)];

    /// <summary>Counts an error, with the HTTP status of a handshake that was refused. A few words about the first of its kind, escaped, are kept.</summary>
    internal void Add(LoadError kind, string example = "", int status = 0) =>
        _entries.GetOrAdd((kind, status), static (_, text) => new Entry(text), example).Increment();

    /// <summary>Counts a connection that could not be opened.</summary>
    internal void Add(ConnectionFailedException failure)
    {
        LoadError kind = KindOf(failure);
        bool isRefused = kind == LoadError.HandshakeRefused;
        Add(kind, isRefused ? $"the handshake was {failure.Finding}" : failure.Fault.Cause, isRefused ? failure.Answer!.Status : 0);
    }

    internal void AddCloseCode(CloseCode code) => _closeCodes.GetOrAdd(code, static _ => new Entry("")).Increment();

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

    private static bool IsReset(ConnectionFailedException failure) => failure.GetBaseException() is
        SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown };

    private sealed class Entry(string example)
    {
        private long _count;

        internal string Example { get; } = example;

        internal long Count => Volatile.Read(ref _count);

        internal void Increment() => Interlocked.Increment(ref _count);
    }
}

/// <summary>The number of errors of one kind and, of refused handshakes, HTTP status (otherwise 0), with a few words about the first, escaped.</summary>
internal sealed record LoadErrorCount(LoadError Kind, int Status, long Count, string Example);
