using EchoServer.WebSockets;

namespace EchoServer.Tests.WebSockets;

/// <summary>
/// Feeds a <see cref="MessageReader"/> as the connection does: unconsumed bytes stay in front of the next receive, a
/// violation is followed by DiscardUntilClose, and nothing is read behind a Close.
/// </summary>
internal sealed class ReaderFeed(MessageReader reader)
{
    private byte[] _pendingInput = [];

    public ReaderFeed(Role role, int maxMessageBytes)
        : this(new MessageReader(role, maxMessageBytes))
    {
    }

    public MessageReader Reader { get; } = reader;

    /// <summary>All that the reader told, NeedMore left out.</summary>
    public List<ReadEvent> Events { get; } = [];

    public int LeftOverBytes => _pendingInput.Length;

    /// <summary>The most that the reader held after any of its calls.</summary>
    public int MaxHeldBytes { get; private set; }

    private bool IsClosed => Events.Count > 0 && Events[^1].Kind == nameof(ReadResult.Close);

    public static List<ReadEvent> EventsOf(Role role, int maxMessageBytes, ReadOnlySpan<byte> bytes, params IEnumerable<int> pieces)
    {
        var feed = new ReaderFeed(role, maxMessageBytes);
        foreach (int piece in pieces)
        {
            feed.Receive(bytes[..piece]);
            bytes = bytes[piece..];
        }

        return feed.Events;
    }

    /// <summary>Takes bytes as one receive would; they are copied, because the reader unmasks in place.</summary>
    public void Receive(ReadOnlySpan<byte> arrived)
    {
        Span<byte> input = (byte[])[.. _pendingInput, .. arrived];
        while (!input.IsEmpty && !IsClosed)
        {
            ReadResult result = Reader.Read(input, out int consumed, out ReadOnlySpan<byte> payload);
            MaxHeldBytes = Math.Max(MaxHeldBytes, Reader.HeldBytes);
            if (result != ReadResult.NeedMore)
            {
                Events.Add(ReadEvent.Of(Reader, result, payload));
            }

            Reader.ReleaseMessage();
            input = input[consumed..];
            if (result == ReadResult.Violation)
            {
                // There is at most one, so this cannot go on for ever.
                Reader.DiscardUntilClose();
            }
            else if (consumed == 0)
            {
                // The connection waits for more here: nothing else may leave everything.
                Assert.That(result, Is.EqualTo(ReadResult.NeedMore));
                break;
            }
        }

        _pendingInput = IsClosed ? [] : input.ToArray();
    }
}
