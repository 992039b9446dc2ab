using System.Text;

namespace EchoServer.Connect;

/// <summary>The heads of an exchange as they were on the wire; of the answer, all that has come.</summary>
internal sealed record HandshakeHeads(ReadOnlyMemory<byte> Sent, ReadOnlyMemory<byte> Received)
{
    /// <summary>The request, with CR LF.</summary>
    internal string Request => Encoding.UTF8.GetString(Sent.Span);

    /// <summary>The answer up to and with the empty line, as far as it came.</summary>
    internal string Response
    {
        get
        {
            ReadOnlySpan<byte> end = "\r\n\r\n"u8;
            int length = Received.Span.IndexOf(end);
            return Encoding.UTF8.GetString(length < 0 ? Received.Span : Received.Span[..(length + end.Length)]);
        }
    }
}
