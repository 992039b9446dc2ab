using System.Globalization;
using System.Text;

namespace EchoServer.Http;

/// <summary>Which codings a client takes (RFC 9110 §12.5.3).</summary>
/// <remarks>Pure and without state: safe on any thread.</remarks>
public static class ContentCoding
{
    /// <summary>Whether the answer may be compressed with gzip.</summary>
    /// <param name="head">The request's head.</param>
    /// <returns>
    /// True when <c>Accept-Encoding</c> names <c>gzip</c> with another weight than 0. Who only says <c>*</c> gets the bytes as they
    /// are, which it takes as well.
    /// </returns>
    public static bool IsGzipAccepted(RequestHead head)
    {
        foreach (RequestHead.Field field in head.Fields)
        {
            if (!Ascii.EqualsIgnoreCase(field.Name, "Accept-Encoding"u8))
            {
                continue;
            }

            foreach (Range range in field.Value.Split((byte)','))
            {
                ReadOnlySpan<byte> element = field.Value[range];
                int semicolon = element.IndexOf((byte)';');
                ReadOnlySpan<byte> coding = semicolon < 0 ? element : element[..semicolon];
                if (Ascii.EqualsIgnoreCase(RequestHead.TrimWhiteSpace(coding), "gzip"u8))
                {
                    return semicolon < 0 || HasWeight(RequestHead.TrimWhiteSpace(element[(semicolon + 1)..]));
                }
            }
        }

        return false;
    }

    /// <summary>RFC 9110 §12.4.2: weight = OWS ";" OWS "q=" qvalue; "a value of 0 means 'not acceptable'".</summary>
    private static bool HasWeight(ReadOnlySpan<byte> parameter)
    {
        ReadOnlySpan<byte> name = "q="u8;
        return parameter.Length > name.Length && Ascii.EqualsIgnoreCase(parameter[..name.Length], name) &&
            double.TryParse(parameter[name.Length..], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double weight) &&
            weight > 0;
    }
}
