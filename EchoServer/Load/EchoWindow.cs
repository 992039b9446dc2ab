using System.Numerics;
using EchoServer.Load.Report;

namespace EchoServer.Load;

/// <summary>The messages of one connection that are in flight; judges their echoes.</summary>
/// <remarks>
/// Messages are numbered, and echoes are expected in order. An echo that is passed over is remembered as missing: it may come late, or
/// never. The thread that sends calls <see cref="Send"/>, the connection's loop calls <see cref="Receive"/>; both may run at the
/// same time. No I/O and no clock.
/// </remarks>
/// <param name="payloads">The payloads of the messages.</param>
/// <param name="ownConnection">The connection's number.</param>
/// <param name="inFlight">How many messages may be in flight, 1 or more.</param>
/// <param name="first">The first message's number: an echo of an earlier message belongs to another connection.</param>
internal sealed class EchoWindow(LoadPayload payloads, int ownConnection, int inFlight, long first = 0)
{
    private const long Echoed = 0;

    // The time at which each message was sent, or due; Echoed in a free place. A message's place is its number modulo the length.
    private readonly long[] _sentAt = new long[BitOperations.RoundUpToPowerOf2((uint)inFlight)];

    private long _sent = first;
    private long _expected = first;

    /// <summary>How many messages were sent, the first one's number included.</summary>
    internal long Sent => Volatile.Read(ref _sent);

    /// <summary>How many messages are in flight, without those whose echo was passed over.</summary>
    internal long Outstanding => Volatile.Read(ref _sent) - Volatile.Read(ref _expected);

    /// <summary>How many messages may be sent now.</summary>
    internal long Free => inFlight - Outstanding;

    /// <summary>Notes that the next message is being sent, or was due, at a time other than 0.</summary>
    /// <returns>False when an earlier message is thereby given up as missing.</returns>
    internal bool Send(long at, out long number)
    {
        number = _sent;
        ref long place = ref Place(number);
        bool isFree = place == Echoed;
        place = at;
        Volatile.Write(ref _sent, number + 1);
        return isFree;
    }

    /// <summary>Judges a message that was received.</summary>
    /// <param name="payload">Its payload without the server's prefix.</param>
    /// <param name="sentAt">The time of the message that it echoes, if there is no error.</param>
    /// <returns>The error; null for a right echo.</returns>
    internal LoadError? Receive(ReadOnlySpan<byte> payload, out long sentAt)
    {
        long expected = _expected;
        if (expected < Volatile.Read(ref _sent) && payloads.Is(payload, ownConnection, expected))
        {
            sentAt = Take(expected);
            return null;
        }

        return Judge(payload, out sentAt);
    }

    /// <summary>Takes any message for the answer to the oldest message that has none.</summary>
    /// <param name="sentAt">The time of that message.</param>
    /// <returns>False when there is no such message, or its time is not kept any more because too many are in flight.</returns>
    internal bool TryAnswer(out long sentAt)
    {
        long expected = _expected;
        sentAt = 0;
        if (expected == Volatile.Read(ref _sent))
        {
            return false;
        }

        sentAt = Take(expected);

        // Read afterwards: without a limit the sending thread may have given the place to a later message.
        return sentAt != Echoed && Volatile.Read(ref _sent) - expected <= inFlight;
    }

    /// <summary>Forgets the messages in flight.</summary>
    /// <returns>How many echoes are missing.</returns>
    /// <remarks>Only while the connection neither sends nor receives.</remarks>
    internal int GiveUp()
    {
        int missing = _sentAt.Count(at => at != Echoed);
        Array.Clear(_sentAt);
        Volatile.Write(ref _expected, _sent);
        return missing;
    }

    private LoadError? Judge(ReadOnlySpan<byte> payload, out long sentAt)
    {
        sentAt = 0;
        long sent = Volatile.Read(ref _sent);
        if (FindNumber(payload, sent) is long number)
        {
            if (number < _expected)
            {
                return TakeLate(number, sent) ? LoadError.EchoOutOfOrder : LoadError.EchoDuplicated;
            }

            // The echoes in between are missing until they come.
            sentAt = Take(number);
            return null;
        }

        if (_expected == sent)
        {
            return LoadError.MessageUnexpected;
        }

        LoadError error = Compare(payload);
        if (error != LoadError.MessageUnexpected)
        {
            // It counts as the echo that was due: one error, and the load goes on.
            Take(_expected);
        }

        return error;
    }

    /// <summary>Finds the message of this connection of which this is the right echo; null when there is none.</summary>
    private long? FindNumber(ReadOnlySpan<byte> payload, long sent)
    {
        if (payloads.TryReadStamp(payload, out int connection, out long stamped))
        {
            return connection == ownConnection && stamped < sent && payloads.Is(payload, ownConnection, stamped) ? stamped : null;
        }

        // Too short for a whole stamp: only the messages in flight, and the latest before them, can be told apart.
        for (long number = Math.Max(0, _expected - _sentAt.Length); number < sent; number++)
        {
            if (payloads.Is(payload, ownConnection, number))
            {
                return number;
            }
        }

        return null;
    }

    private LoadError Compare(ReadOnlySpan<byte> payload)
    {
        if (payloads.TryReadStamp(payload, out int connection, out long number))
        {
            if (connection != ownConnection && payloads.Is(payload, connection, number))
            {
                return LoadError.EchoMisdelivered;
            }

            bool isOurs = connection == ownConnection && number >= _expected && number < _sent;
            if (isOurs && payload.Length < payloads.SizeOf(number) && payloads.IsBeginning(payload, connection, number))
            {
                return LoadError.EchoTruncated;
            }

            return isOurs || payload.Length == payloads.SizeOf(number) ? LoadError.EchoAltered : LoadError.MessageUnexpected;
        }

        if (payload.Length == payloads.SizeOf(_expected))
        {
            return LoadError.EchoAltered;
        }

        return payloads.IsBeginning(payload, ownConnection, _expected) ? LoadError.EchoTruncated : LoadError.MessageUnexpected;
    }

    private long Take(long number)
    {
        ref long place = ref Place(number);
        long at = place;
        place = Echoed;
        Volatile.Write(ref _expected, number + 1);
        return at;
    }

    /// <summary>Takes the late echo of a message that was passed over; false when it is not missing.</summary>
    private bool TakeLate(long number, long sent)
    {
        // A sending thread may give the place to a later message at the same moment: its time must not be lost.
        ref long place = ref Place(number);
        long at = Volatile.Read(ref place);
        return number + _sentAt.Length >= sent && at != Echoed && Interlocked.CompareExchange(ref place, Echoed, at) == at;
    }

    private ref long Place(long number) => ref _sentAt[number & (_sentAt.Length - 1)];
}
