using EchoServer.Http;
using EchoServer.WebSockets;

namespace EchoServer.Tests.Http;

/// <summary>What <see cref="RequestHead.Read"/> made of some bytes, in a form that can be compared and printed.</summary>
internal sealed record HeadOutcome(
    ParseStatus Status, HttpRejection? Rejection = null, int Size = 0, string RequestLine = "", string Path = "", string Fields = "")
{
    public static HeadOutcome NeedMore { get; } = new(ParseStatus.NeedMore);

    /// <summary>Feeds the pieces one after the other, as the connection does: all bytes so far, and how many it has asked about.</summary>
    public static HeadOutcome Of(ReadOnlySpan<byte> bytes, params IEnumerable<int> pieces)
    {
        HeadOutcome outcome = NeedMore;
        int seen = 0;
        foreach (int piece in pieces)
        {
            outcome = OfPrefix(bytes[..(seen + piece)], seen);
            if (outcome.Status != ParseStatus.NeedMore)
            {
                break;
            }

            seen += piece;
        }

        return outcome;
    }

    public static HeadOutcome OfPrefix(ReadOnlySpan<byte> prefix, int seenBefore = 0)
    {
        ParseStatus status = RequestHead.Read(prefix, seenBefore, out RequestHead head, out HttpRejection? rejection);
        if (status != ParseStatus.Done)
        {
            return new HeadOutcome(status, rejection);
        }

        var fields = new List<string>();
        foreach (HeaderFields.Field field in head.Fields)
        {
            fields.Add($"{Latin1(field.Name)}={Latin1(field.Value)}");
        }

        string requestLine = $"{Latin1(head.Method)} {Latin1(head.Target)} {Latin1(head.Version)}";
        return new HeadOutcome(status, rejection, head.Size, requestLine, Latin1(head.Path), string.Join('|', fields));
    }

    public static RequestHead Sound(string text)
    {
        ParseStatus status = RequestHead.Read(Encoding.Latin1.GetBytes(text), 0, out RequestHead head, out HttpRejection? rejection);
        Assert.That(status, Is.EqualTo(ParseStatus.Done), () => $"{rejection}");
        return head;
    }

    private static string Latin1(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
