using System.Text;
using EchoServer.Text;
using EchoServer.WebSockets.Compression;

namespace EchoServer.Http;

/// <summary>What a client offers in <c>Sec-WebSocket-Extensions</c> (RFC 6455 §9.1), as far as it is permessage-deflate (RFC 7692 §5, §7.1).</summary>
/// <remarks>Pure and without state: safe on any thread.</remarks>
internal static class DeflateOffer
{
    // A longer value is not a number of bits.
    private const int MaxBitsDigits = 2;

    /// <summary>Takes the first offer of permessage-deflate that can be met, if there is one.</summary>
    /// <returns>Null, or the refusal of a header that breaks its grammar.</returns>
    /// <remarks>
    /// An offer with a parameter that is unknown, repeated or has a value that it must not have is passed over (RFC 7692 §7.1);
    /// RFC 6455 §9.1 has the connection failed where the header itself cannot be read.
    /// </remarks>
    internal static HttpRejection? Select(HeaderFields fields, out DeflateParameters? agreed)
    {
        agreed = null;
        foreach (HeaderFields.Field field in fields)
        {
            if (!Ascii.EqualsIgnoreCase(field.Name, "Sec-WebSocket-Extensions"u8))
            {
                continue;
            }

            if (!TryRead(field.Value, ref agreed))
            {
                return new(
                    HttpStatus.BadRequest,
                    $"Bad WebSocket handshake: Sec-WebSocket-Extensions '{EscapedText.Quote(field.Value)}' is not a list of extensions.");
            }
        }

        return null;
    }

    /// <summary>Reads the answer to an offer of permessage-deflate (RFC 7692 §7.1).</summary>
    /// <returns>False when it is another extension, more than one, or has a parameter that it must not have: the connection is failed.</returns>
    internal static bool TryReadAnswer(ReadOnlySpan<byte> value, out DeflateParameters agreed)
    {
        var reader = new ListReader(value);
        bool isRead = TryReadOffer(ref reader, out DeflateParameters? answer) && reader.IsAtEnd;
        agreed = answer ?? default;
        return isRead && answer is not null;
    }

    // extension-list = 1#extension; empty elements are to be ignored (RFC 9110 §5.6.1.2).
    private static bool TryRead(ReadOnlySpan<byte> value, ref DeflateParameters? agreed)
    {
        var reader = new ListReader(value);
        while (!reader.IsAtEnd)
        {
            if (reader.TryTake((byte)','))
            {
                continue;
            }

            if (!TryReadOffer(ref reader, out DeflateParameters? offered) || !(reader.IsAtEnd || reader.TryTake((byte)',')))
            {
                return false;
            }

            agreed ??= offered;
        }

        return true;
    }

    // extension = extension-token *( ";" extension-param )
    private static bool TryReadOffer(ref ListReader reader, out DeflateParameters? offered)
    {
        offered = null;
        if (!reader.TryReadToken(out ReadOnlySpan<byte> name))
        {
            return false;
        }

        bool canBeMet = Ascii.EqualsIgnoreCase(name, DeflateParameters.Extension);
        var seen = Parameter.None;
        DeflateParameters parameters = default;
        Span<byte> value = stackalloc byte[MaxBitsDigits];
        while (reader.TryTake((byte)';'))
        {
            if (!reader.TryReadToken(out ReadOnlySpan<byte> parameterName))
            {
                return false;
            }

            int length = 0;
            bool hasValue = reader.TryTake((byte)'=');
            if (hasValue && !reader.TryReadValue(value, out length))
            {
                return false;
            }

            Parameter parameter = Known(parameterName);
            canBeMet &= parameter != Parameter.None && !seen.HasFlag(parameter) &&
                TryMeet(parameter, hasValue, length <= MaxBitsDigits ? value[..length] : default, ref parameters);
            seen |= parameter;
        }

        offered = canBeMet ? parameters : null;
        return true;
    }

    private static Parameter Known(ReadOnlySpan<byte> name)
    {
        return Ascii.EqualsIgnoreCase(name, DeflateParameters.ServerNoContextTakeoverName) ? Parameter.ServerNoContextTakeover
            : Ascii.EqualsIgnoreCase(name, DeflateParameters.ClientNoContextTakeoverName) ? Parameter.ClientNoContextTakeover
            : Ascii.EqualsIgnoreCase(name, DeflateParameters.ServerMaxWindowBitsName) ? Parameter.ServerMaxWindowBits
            : Ascii.EqualsIgnoreCase(name, DeflateParameters.ClientMaxWindowBitsName) ? Parameter.ClientMaxWindowBits
            : Parameter.None;
    }

    private static bool TryMeet(Parameter parameter, bool hasValue, ReadOnlySpan<byte> value, ref DeflateParameters parameters)
    {
        int bits = 0;
        switch (parameter)
        {
            // RFC 7692 §7.1.1.1: "A server accepts ... by including the server_no_context_takeover".
            case Parameter.ServerNoContextTakeover when !hasValue:
                parameters = parameters with { ServerNoContextTakeover = true };
                return true;

            // §7.1.1.2: a hint. To repeat it makes it binding, and no memory need be kept for the client.
            case Parameter.ClientNoContextTakeover when !hasValue:
                parameters = parameters with { ClientNoContextTakeover = true };
                return true;

            // §7.1.2.1: the value must be there.
            case Parameter.ServerMaxWindowBits when hasValue && TryReadWindowBits(value, out bits):
                parameters = parameters with { ServerMaxWindowBits = bits };
                return true;

            // §7.1.2.2: without a value the client only says that it understands the parameter.
            case Parameter.ClientMaxWindowBits when !hasValue:
                return true;

            // A value need not be repeated, but .NET's client takes the silence for 15, and gives up.
            case Parameter.ClientMaxWindowBits when TryReadWindowBits(value, out bits):
                parameters = parameters with { ClientMaxWindowBits = bits };
                return true;
            default:
                return false;
        }
    }

    /// <summary>RFC 7692 §7.1.2: "a decimal integer value without leading zeroes between 8 to 15, inclusive".</summary>
    private static bool TryReadWindowBits(ReadOnlySpan<byte> value, out int bits)
    {
        bits = value switch
        {
            [(byte)'8' or (byte)'9'] => value[0] - '0',
            [(byte)'1', >= (byte)'0' and <= (byte)'5'] => 10 + value[1] - '0',
            _ => 0,
        };
        return bits != 0;
    }

    [Flags]
    private enum Parameter
    {
        None = 0,
        ServerNoContextTakeover = 1,
        ClientNoContextTakeover = 2,
        ServerMaxWindowBits = 4,
        ClientMaxWindowBits = 8,
    }

    /// <summary>Reads a header value word by word. White space is allowed between any two (RFC 2616 §2.1, to which RFC 6455 refers).</summary>
    private ref struct ListReader
    {
        private ReadOnlySpan<byte> _rest;

        internal ListReader(ReadOnlySpan<byte> value) => _rest = HeaderFields.TrimWhiteSpace(value);

        internal readonly bool IsAtEnd => _rest.IsEmpty;

        internal bool TryTake(byte separator)
        {
            bool isThere = !_rest.IsEmpty && _rest[0] == separator;
            if (isThere)
            {
                Advance(1);
            }

            return isThere;
        }

        internal bool TryReadToken(out ReadOnlySpan<byte> token)
        {
            int length = 0;
            while (length < _rest.Length && HeaderFields.IsTokenByte(_rest[length]))
            {
                length++;
            }

            token = _rest[..length];
            Advance(length);
            return length > 0;
        }

        /// <summary>A token, or one in quotes: "the value after quoted-string unescaping MUST conform to the 'token' ABNF" (RFC 6455 §9.1).</summary>
        /// <param name="start">Gets the first bytes of the value, as many as there is room for.</param>
        /// <param name="length">The length of the value.</param>
        internal bool TryReadValue(scoped Span<byte> start, out int length)
        {
            length = 0;
            if (_rest.IsEmpty || _rest[0] != '"')
            {
                bool isToken = TryReadToken(out ReadOnlySpan<byte> token);
                length = token.Length;
                token[..Math.Min(length, start.Length)].CopyTo(start);
                return isToken;
            }

            for (int i = 1; i < _rest.Length; i++)
            {
                if (_rest[i] == '"')
                {
                    Advance(i + 1);
                    return length > 0;
                }

                i += _rest[i] == '\\' ? 1 : 0;
                if (i == _rest.Length || !HeaderFields.IsTokenByte(_rest[i]))
                {
                    return false;
                }

                if (length < start.Length)
                {
                    start[length] = _rest[i];
                }

                length++;
            }

            return false;
        }

        private void Advance(int count) => _rest = HeaderFields.TrimWhiteSpace(_rest[count..]);
    }
}
