using System.Buffers;
using System.Net.Sockets;
using EchoServer.Load.Opening;
using EchoServer.Text;
using EchoServer.WebSockets;

namespace EchoServer.Load;

/// <summary>Learns on a connection of its own what a server does beside echoing: its greeting, its prefix.</summary>
internal static class Calibration
{
    // The connections of the load count from 0.
    private const int ProbeConnection = int.MaxValue;

    /// <summary>Sends a message such as the load's and looks at what comes back.</summary>
    /// <exception cref="OpeningException">The connection could not be opened.</exception>
    /// <exception cref="LoadException">The server does not echo.</exception>
    internal static async Task<PeerHabits> LearnAsync(LoadOptions options, ConnectionOpener opener, CancellationToken stop)
    {
        // UTF-8 in any case: a server may answer binary with text.
        var probe = new LoadPayload(options.MessageBytes, isUtf8: true);
        OpenedTransport opened = await opener.OpenAsync(stop).ConfigureAwait(false);
        using LoadTransport transport = opened.Transport;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stop);
        timeout.CancelAfter(options.EchoTimeout);
        using CancellationTokenRegistration cutOff = timeout.Token.UnsafeRegister(static it => ((LoadTransport)it!).Dispose(), transport);
        try
        {
            return await new Conversation(options, transport, probe).LearnAsync(opened.Received).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            stop.ThrowIfCancellationRequested();
            throw new LoadException(timeout.IsCancellationRequested
                ? $"no echo of a first message within {options.EchoTimeout.TotalSeconds} s: is this an echo server?"
                : "the connection was lost before the echo of a first message came");
        }
    }

    private sealed class Conversation(LoadOptions options, LoadTransport transport, LoadPayload probe)
    {
        private readonly MessageReader _reader = new(Role.Client, LoadConnection.MaxMessageBytes);
        private int _greetings;

        internal async Task<PeerHabits> LearnAsync(byte[] received)
        {
            byte[] payload = new byte[options.MessageBytes];
            probe.Write(payload, ProbeConnection, 0, maskingKey: 0);
            await SendAsync(options.IsText ? Opcode.Text : Opcode.Binary, payload).ConfigureAwait(false);
            byte[] input = received;
            while (true)
            {
                for (int consumed = -1; input.Length > 0 && consumed != 0;)
                {
                    (consumed, PeerHabits? habits, byte[]? pong) = Read(input);
                    if (habits is not null)
                    {
                        _reader.Abandon();
                        await SayGoodbyeAsync().ConfigureAwait(false);
                        return habits;
                    }

                    if (pong is not null)
                    {
                        await SendAsync(Opcode.Pong, pong).ConfigureAwait(false);
                    }

                    input = input[consumed..];
                }

                input = [.. input, .. await ReceiveAsync().ConfigureAwait(false)];
            }
        }

        private (int Consumed, PeerHabits? Habits, byte[]? Pong) Read(byte[] input)
        {
            ReadResult result = _reader.Read(input, out int consumed, out ReadOnlySpan<byte> payload);
            switch (result)
            {
                case ReadResult.Message when FindProbe(payload) is int at:
                    bool isUtf8 = options.IsText || _reader.IsText;
                    return (consumed, new PeerHabits(_greetings, payload[..at].ToArray(), new LoadPayload(options.MessageBytes, isUtf8)), null);
                case ReadResult.Message:
                    _greetings++;
                    return (consumed, null, null);
                case ReadResult.Ping:
                    return (consumed, null, payload.ToArray());
                case ReadResult.Close:
                    ClosePayload.Read(payload, out CloseCode code, out ReadOnlySpan<byte> reason);
                    throw new LoadException(
                        $"the server closed before the echo of a first message came: {ClosePayload.Describe(code)} {EscapedText.Quote(reason)}".TrimEnd());
                case ReadResult.Violation:
                    throw new LoadException($"the server breaks RFC 6455: {_reader.Violation!.Reason}");
                default:
                    return (consumed, null, null);
            }
        }

        /// <summary>Where the probe begins in an echo that ends with it; null when this is not its echo.</summary>
        private int? FindProbe(ReadOnlySpan<byte> payload)
        {
            int at = payload.Length - options.MessageBytes;
            return at >= 0 && probe.Is(payload[at..], ProbeConnection, 0) ? at : null;
        }

        private async Task<byte[]> ReceiveAsync()
        {
            byte[] buffer = ArrayPool<byte>.Shared.Rent(options.MessageBytes);
            try
            {
                int received = await transport.ReceiveSomeAsync(buffer).ConfigureAwait(false);
                return received == 0
                    ? throw new LoadException("the server ended the connection before the echo of a first message came")
                    : buffer[..received];
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        /// <summary>Nobody waits for the server's Close: what comes of it is not part of the load.</summary>
        private Task SayGoodbyeAsync()
        {
            byte[] payload = new byte[ClosePayload.MaxBytes];
            return SendAsync(Opcode.Close, payload.AsMemory(0, ClosePayload.Write(payload, CloseCode.NormalClosure, default)));
        }

        private async Task SendAsync(Opcode opcode, ReadOnlyMemory<byte> payload)
        {
            uint key = MaskingKeys.Next();
            byte[] frame = new byte[Frame.MaxHeaderSize + payload.Length];
            ReadOnlyMemory<byte> rest = frame.AsMemory(0, Frame.Write(frame, opcode, payload.Span, default, key));
            while (!rest.IsEmpty)
            {
                rest = rest[await transport.SendAsync(rest).ConfigureAwait(false)..];
            }
        }
    }
}
