using EchoServer.Buffers;
using EchoServer.Http;
using EchoServer.WebSockets;
using EchoServer.WebSockets.Compression;

namespace EchoServer.Server;

/// <content>permessage-deflate (RFC 7692), where the server offers it. Everything here runs on the loop.</content>
/// <remarks>What other threads send goes out as it is: what compresses belongs to the loop, and each message may be either.</remarks>
internal sealed partial class Connection
{
    /// <summary>Agrees on compression, if the client wants it and the server offers it.</summary>
    /// <param name="head">The request.</param>
    /// <param name="agreed">What to agree on; null for none.</param>
    /// <returns>Null, or the refusal of a header that breaks its grammar.</returns>
    private HttpRejection? AgreeOnCompression(RequestHead head, out DeflateParameters? agreed)
    {
        agreed = null;
        if (_server.Zlib is null)
        {
            return null;
        }

        HttpRejection? rejection = DeflateOffer.Select(head.Fields, out agreed);

        // Else each compressed message would be refused for want of memory.
        agreed = _server.Budget.Limit < PerMessageDeflate.LeastBudget ? null : agreed;
        return rejection;
    }

    /// <summary>
    /// Takes memory for what is kept from message to message. Where the budget is short nothing is kept: a server may agree on
    /// that for itself and for the client, asked or not (RFC 7692 §7.1.1.1, §7.1.1.2).
    /// </summary>
    private DeflateParameters TakeMemoryFor(DeflateParameters agreed)
    {
        if (!_server.Budget.TryTakeSpare(PerMessageDeflate.DeflaterBytes(agreed)))
        {
            agreed = agreed with { ServerNoContextTakeover = true };
        }

        return _server.Budget.TryTakeSpare(PerMessageDeflate.InflaterBytes(agreed)) ? agreed : agreed with { ClientNoContextTakeover = true };
    }

    /// <summary>Whether compression has cost so much in this go that other connections are to have their turn.</summary>
    private bool HasDeflatedMuch() =>
        _reader?.Deflate is PerMessageDeflate deflate && deflate.Work - _deflateWorkBeforeThisGo >= MaxDeflateWorkInOneGo;

    private void GatherMessage(Opcode opcode, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        int room = _reader!.Deflate is PerMessageDeflate deflate && !_outbound.IsClosed ? deflate.RoomFor(first.Length, second.Length) : 0;
        if (room == 0)
        {
            _outbound.GatherFrame(opcode, first, second);
            return;
        }

        // Beside the message and the output this is one copy more: where that is large, only while there is memory to spare for it.
        int counted = room <= ServerOptions.ReceiveBytes ? 0 : NativeBuffer.SizeFor(room);
        if (counted > 0 && !_server.Budget.TryTake(counted))
        {
            _outbound.GatherFrame(opcode, first, second);
            return;
        }

        using var buffer = new StepBuffer(room);
        try
        {
            int messageBytes = first.Length + second.Length;
            int compressed = _reader.Deflate!.Compress(first, second, buffer.Span[..room]);
            if (compressed == 0)
            {
                _outbound.GatherFrame(opcode, first, second);
            }
            else if (_outbound.GatherCompressed(opcode, buffer.Span[..compressed], messageBytes))
            {
                _reader.Deflate.CountSent(compressed, messageBytes);
            }
        }
        finally
        {
            if (counted > 0)
            {
                _server.Budget.GiveBack(counted);
            }
        }
    }
}
