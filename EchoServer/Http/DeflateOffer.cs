using EchoServer.WebSockets.Compression;

namespace EchoServer.Http;

/// <summary>What a client offers in <c>Sec-WebSocket-Extensions</c> (RFC 6455 §9.1), as far as it is permessage-deflate (RFC 7692 §5, §7.1).</summary>
/// <remarks>
/// <para>
/// A value may stand in quotes, but must be a token all the same: "the value after quoted-string unescaping MUST conform to the 'token'
/// ABNF" (RFC 6455 §9.1). So no separator stands in quotes. White space is allowed between any two words (RFC 2616 §2.1, to which RFC 6455
/// refers).
/// </para>
/// <para>Pure and without state: safe on any thread.</para>
/// </remarks>
internal static class DeflateOffer
{
    /// <summary>Takes the first offer of permessage-deflate that can be met, if there is one.</summary>
    /// <returns>Null, or the refusal of a header that breaks its grammar.</returns>
    /// <remarks>
    /// An offer with a parameter that is unknown, repeated or has a value that it must not have is passed over (RFC 7692 §7.1);
    /// RFC 6455 §9.1 has the connection failed where the header itself cannot be read.
    /// </remarks>
    internal static HttpRejection? Select(HeaderFields fields, out DeflateParameters? agreed)
    {
        agreed = null;
        ReadOnlySpan<byte> list = fields.List("Sec-WebSocket-Extensions"u8);
        foreach (Range range in list.Split((byte)','))
        {
            // RFC 9110 §5.6.1.2: empty elements are to be ignored.
            ReadOnlySpan<byte> extension = HeaderFields.TrimWhiteSpace(list[range]);
            if (!extension.IsEmpty && !TryRead(extension, isAnswer: false, ref agreed))
            {
                return new(
                    HttpStatus.BadRequest,
                    $"Bad WebSocket handshake: Sec-WebSocket-Extensions '{EscapedText.Quote(list)}' is not a list of extensions.");
            }
        }

        return null;
    }

    /// <summary>Reads the answer to an offer of permessage-deflate (RFC 7692 §7.1).</summary>
    /// <returns>False when it is another extension, more than one, or has a parameter that it must not have: the connection is failed.</returns>
    internal static bool TryReadAnswer(ReadOnlySpan<byte> value, out DeflateParameters agreed)
    {
        DeflateParameters? answer = null;
        bool isRead = TryRead(HeaderFields.TrimWhiteSpace(value), isAnswer: true, ref answer);
        agreed = answer ?? default;
        return isRead && answer is not null;
    }

    /// <summary>Reads extension-token *( ";" extension-param ), and agrees to it unless an offer before was agreed to.</summary>
    private static bool TryRead(ReadOnlySpan<byte> extension, bool isAnswer, ref DeflateParameters? agreed)
    {
        DeflateParameters? met = null;
        List<string> seen = [];
        foreach (Range range in extension.Split((byte)';'))
        {
            ReadOnlySpan<byte> part = HeaderFields.TrimWhiteSpace(extension[range]);
            bool isName = range.Start.Value == 0;
            int equals = isName ? -1 : part.IndexOf((byte)'=');
            ReadOnlySpan<byte> word = equals < 0 ? part : HeaderFields.TrimWhiteSpace(part[..equals]);
            ReadOnlySpan<byte> value = equals < 0 ? default : Unquote(HeaderFields.TrimWhiteSpace(part[(equals + 1)..]));
            if (!HeaderFields.IsToken(word) || (equals >= 0 && !HeaderFields.IsToken(value)))
            {
                return false;
            }

            if (isName)
            {
                met = Ascii.EqualsIgnoreCase(word, DeflateParameters.Extension) ? default(DeflateParameters) : null;
            }
            else if (met is DeflateParameters before)
            {
                string name = Encoding.ASCII.GetString(word).ToLowerInvariant();
                met = seen.Contains(name) ? null : With(before, name, equals < 0 ? null : Encoding.ASCII.GetString(value), isAnswer);
                seen.Add(name);
            }
        }

        agreed ??= met;
        return true;
    }

    /// <returns>Null when the parameter is unknown, or has a value that it must not have.</returns>
    private static DeflateParameters? With(DeflateParameters parameters, string name, string? value, bool isAnswer) => (name, WindowBits(value)) switch
    {
        // RFC 7692 §7.1.1.1: "A server accepts ... by including the server_no_context_takeover".
        (DeflateParameters.ServerNoContextTakeoverName, _) when value is null => parameters with { ServerNoContextTakeover = true },

        // §7.1.1.2: a hint. To repeat it makes it binding, and no memory need be kept for the client.
        (DeflateParameters.ClientNoContextTakeoverName, _) when value is null => parameters with { ClientNoContextTakeover = true },

        // §7.1.2.1: the value must be there.
        (DeflateParameters.ServerMaxWindowBitsName, int bits) => parameters with { ServerMaxWindowBits = bits },

        // A value need not be repeated, but .NET's client takes the silence for 15, and gives up.
        (DeflateParameters.ClientMaxWindowBitsName, int bits) => parameters with { ClientMaxWindowBits = bits },

        // §7.1.2.2: without a value the client only says that it understands the parameter. In an answer "the parameter has a value".
        (DeflateParameters.ClientMaxWindowBitsName, null) when value is null && !isAnswer => parameters,
        _ => null,
    };

    /// <summary>RFC 7692 §7.1.2: "a decimal integer value without leading zeroes between 8 to 15, inclusive".</summary>
    private static int? WindowBits(string? value) =>
        value is "8" or "9" or "10" or "11" or "12" or "13" or "14" or "15" ? int.Parse(value, CultureInfo.InvariantCulture) : null;

    /// <summary>Takes off quotation marks, and the backslashes between them.</summary>
    private static ReadOnlySpan<byte> Unquote(ReadOnlySpan<byte> value)
    {
        if (value is not [(byte)'"', .. ReadOnlySpan<byte> quoted, (byte)'"'])
        {
            return value;
        }

        List<byte> text = [];
        for (int i = 0; i < quoted.Length; i++)
        {
            i += quoted[i] == '\\' && i + 1 < quoted.Length ? 1 : 0;
            text.Add(quoted[i]);
        }

        return text.ToArray();
    }
}
