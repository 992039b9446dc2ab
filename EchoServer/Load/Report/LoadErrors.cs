using System.Collections.Concurrent;
using EchoServer.WebSockets;

namespace EchoServer.Load.Report;

/// <summary>What can go wrong under load. The names in snake case are those of the JSON report.</summary>
internal enum LoadError
{
    /// <summary>Nothing listens there.</summary>
    ConnectRefused,

    /// <summary>A connection was not open, greeting included, in time.</summary>
    ConnectTimedOut,

    /// <summary>TCP could not connect for another reason.</summary>
    ConnectFailed,

    /// <summary>TLS could not be agreed on, or the certificate is not trusted.</summary>
    TlsFailed,

    /// <summary>The handshake was answered with another status than 101.</summary>
    HandshakeRefused,

    /// <summary>The answer to the handshake breaks HTTP or RFC 6455 §4.1.</summary>
    HandshakeInvalid,

    /// <summary>An echo with bytes that were not sent.</summary>
    EchoAltered,

    /// <summary>An echo that ends too early.</summary>
    EchoTruncated,

    /// <summary>An echo that came a second time.</summary>
    EchoDuplicated,

    /// <summary>An echo that came after that of a later message.</summary>
    EchoOutOfOrder,

    /// <summary>The echo of another connection's message.</summary>
    EchoMisdelivered,

    /// <summary>No echo in time, while the connection was open.</summary>
    EchoMissing,

    /// <summary>A message that is no echo.</summary>
    MessageUnexpected,

    /// <summary>The server sent a Close that nobody asked for.</summary>
    ClosedByServer,

    /// <summary>The connection ended without a Close frame.</summary>
    EndedWithoutClose,

    /// <summary>The connection was reset.</summary>
    ConnectionReset,

    /// <summary>The server broke RFC 6455.</summary>
    ProtocolViolation,

    /// <summary>A connection that the server ended was not served again in time.</summary>
    NotServedAgain,

    /// <summary>The server did not answer our Close in time.</summary>
    CloseTimedOut,

    /// <summary>A fault in this program.</summary>
    InternalError,
}

/// <summary>What went wrong how often, with one example each, and the close codes that were seen. Safe on any thread.</summary>
internal sealed class LoadErrors
{
    private readonly ConcurrentDictionary<(LoadError Kind, int Status), Entry> _entries = new();
    private readonly ConcurrentDictionary<CloseCode, Entry> _closeCodes = new();

    /// <summary>How often anything went wrong.</summary>
    internal long Total => _entries.Values.Sum(entry => entry.Count);

    /// <summary>What went wrong, most frequent first; the status only for a handshake that was refused, otherwise 0.</summary>
    internal IReadOnlyList<LoadErrorCount> Counts =>
        [.. _entries.Select(pair => new LoadErrorCount(pair.Key.Kind, pair.Key.Status, pair.Value.Count, pair.Value.Example))
            .OrderByDescending(error => error.Count).ThenBy(error => error.Kind).ThenBy(error => error.Status)];

    /// <summary>The codes of the Close frames that were received, in their order.</summary>
    internal IReadOnlyList<(CloseCode Code, long Count)> CloseCodes =>
        [.. _closeCodes.Select(pair => (pair.Key, pair.Value.Count)).OrderBy(pair => pair.Key)];

    /// <summary>How often this went wrong, whatever the status.</summary>
    internal long CountOf(LoadError kind) => _entries.Where(pair => pair.Key.Kind == kind).Sum(pair => pair.Value.Count);

    /// <summary>Counts an error.</summary>
    /// <param name="kind">What went wrong.</param>
    /// <param name="example">A few words about it; escaped, where they come from the network. The first is kept.</param>
    /// <param name="status">The status of a handshake that was refused.</param>
    internal void Add(LoadError kind, string example = "", int status = 0) =>
        _entries.GetOrAdd((kind, status), static (_, text) => new Entry(text), example).Increment();

    /// <summary>Counts a Close frame that was received.</summary>
    internal void AddCloseCode(CloseCode code) => _closeCodes.GetOrAdd(code, static _ => new Entry("")).Increment();

    private sealed class Entry(string example)
    {
        private long _count;

        internal string Example { get; } = example;

        internal long Count => Volatile.Read(ref _count);

        internal void Increment() => Interlocked.Increment(ref _count);
    }
}

/// <summary>How often something went wrong.</summary>
/// <param name="Kind">What.</param>
/// <param name="Status">The HTTP status, when <see cref="LoadError.HandshakeRefused"/>; otherwise 0.</param>
/// <param name="Count">How often.</param>
/// <param name="Example">A few words about the first of them, escaped; may be empty.</param>
internal sealed record LoadErrorCount(LoadError Kind, int Status, long Count, string Example);
